import CALModel
import Testing

/// Files made to hurt: each must fail with the sentence that says why.
@Suite struct HostileTests {
  private let start: [UInt8] = [0x0d, 0x43, 0x41, 0x4c, 0x4d, 0x10, 0x01]

  @Test func lengthsBeyondTheFile() {
    for length in [1, 1 << 31, 1 << 60, UInt64(Int64.max), UInt64.max] {
      let wire = Wire.message {
        $0.raw(start)
        $0.tag(15, type: 2)
        $0.number(length)
      }
      #expect(
        loadError(wire)
          == .format("model: field 15 has \(length) bytes, 0 are left (byte 7 of the file)"))
    }
  }

  @Test func lengthsBeyondTheMessage() {
    var draft = ModelDraft()
    draft.prototypes[2].extra = Wire.message {
      $0.tag(99, type: 2)
      $0.number(1 << 60)
    }
    let error = loadError(draft.bytes())
    let text = "bank.prototypes[2]: field 99 has \(1 << 60) bytes, 0 are left"
    #expect(error?.description.hasPrefix(text) == true, "\(String(describing: error))")
  }

  @Test func endlessNumbers() {
    let long = [UInt8](repeating: 0xff, count: 11)
    #expect(
      loadError(start + [0x18] + long)
        == .format("model: a number has more than 64 bits (byte 8 of the file)"))
    #expect(
      loadError(start + [0x18, 0xff])
        == .format("model: a number runs past the end (byte 8 of the file)"))
  }

  @Test(arguments: [3, 4, 6, 7] as [UInt8]) func wireTypesThatDoNotExist(type: UInt8) {
    #expect(
      loadError(start + [20 << 3 & 0x7f | 0x80 | type, 1])
        == .format("model: field 20 has wire type \(type) (byte 7 of the file)"))
  }

  @Test func fieldNumbersThatDoNotExist() {
    #expect(
      loadError(start + [0x00, 0x00])
        == .format("model: 0 is not a field number (byte 7 of the file)"))
    let wire = Wire.message {
      $0.raw(start)
      $0.number(1 << 32)
    }
    #expect(
      loadError(wire) == .format("model: 536870912 is not a field number (byte 7 of the file)"))
  }

  @Test func wrongWireTypes() {
    let number = Wire.message {
      $0.raw(start)
      $0.varint(5, 1)
    }
    #expect(loadError(number) == .format("bank: stored as varint, needs bytes"))

    let tensor = Wire.message {
      $0.raw(start)
      $0.fixed32(15, 1)
    }
    #expect(loadError(tensor) == .format("tensors[0]: stored as fixed32, needs bytes"))

    var draft = ModelDraft()
    draft.extraInStem = Wire.message { $0.text(1, "x") }
    #expect(
      loadError(draft.bytes()) == .format("network.stem.kernel: stored as bytes, needs varint"))
  }

  @Test func fieldsGivenTwice() {
    var draft = ModelDraft()
    draft.extraInModel = Wire.message { $0.data(6, []) }
    #expect(loadError(draft.bytes()) == .format("decision: given twice"))

    draft = ModelDraft()
    draft.extraInStem = Wire.message { $0.varint(2, 1) }
    #expect(loadError(draft.bytes()) == .format("network.stem.stride: given twice"))

    draft = ModelDraft()
    draft.tensors[1].extra = Wire.message { $0.data(4, draft.tensors[1].data) }
    #expect(loadError(draft.bytes()) == .format("tensors[1].data: given twice"))
  }

  @Test func aMillionEmptyMessages() {
    let million = 1_000_000
    func repeated(_ field: UInt64) -> [UInt8] {
      Array(repeatElement([UInt8(field << 3 | 2), 0], count: million).joined())
    }
    #expect(loadError(start + repeated(15)) == .limit("tensors: more than 4096 entries"))

    let network = Wire.message {
      $0.raw(start)
      $0.data(4, repeated(3))
    }
    #expect(loadError(network) == .limit("network.stages: more than 8 entries"))

    var draft = ModelDraft()
    draft.extraInBank = repeated(3)
    #expect(loadError(draft.bytes()) == .limit("bank.prototypes: more than 65536 entries"))
  }

  @Test func aMillionUnknownFields() throws {
    let million = Array(repeatElement([0xa0, 0x06, 0x00] as [UInt8], count: 1_000_000).joined())
    var draft = ModelDraft()
    draft.extraInStem = million
    #expect(loadError(draft.bytes()) == .limit("network.stem: more than 4096 unknown fields"))

    // Where they need not be unpacked they are only skipped.
    draft = ModelDraft()
    draft.extraInModel = million
    #expect(loadError(draft.bytes()) == nil)
  }

  @Test func anEndlessFieldBesideTheBulk() {
    var draft = ModelDraft()
    draft.extraInStem = Wire.message { $0.data(100, [UInt8](repeating: 0, count: 1 << 20)) }
    #expect(loadError(draft.bytes()) == .limit("model: more than 1048576 bytes beside its bulk"))

    draft = ModelDraft()
    draft.extraInBank = Wire.message { $0.data(100, [UInt8](repeating: 0, count: 1 << 20)) }
    #expect(loadError(draft.bytes()) == .limit("bank: more than 1048576 bytes of unknown fields"))
  }

  /// Unknown fields nested a thousand deep are bytes like any other: nothing recurses.
  @Test func deepNesting() {
    var nested: [UInt8] = []
    for _ in 0..<1000 { nested = Wire.message { $0.data(2, nested) } }
    var draft = ModelDraft()
    draft.extraInStem = Wire.message { $0.data(50, nested) }
    draft.extraInBank = draft.extraInStem
    draft.extraInModel = draft.extraInStem
    #expect(loadError(draft.bytes()) == nil)
  }
}
