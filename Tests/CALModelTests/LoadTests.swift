import CALDigest
import CALModel
import CALNetwork
import CALTestSupport
import Testing

@Suite struct LoadTests {
  @Test func readsEveryField() throws {
    let draft = ModelDraft()
    let bytes = draft.bytes()
    let model = try load(bytes)

    #expect(model.formatVersion == 1)
    #expect(model.fileSize == bytes.count)
    #expect(model.spec == draft.spec)
    #expect(model.preprocessing.size == 16)
    #expect(model.preprocessing.mean == draft.mean)
    #expect(model.preprocessing.deviation == draft.deviation)
    #expect(
      model.decision
        == Decision(knownThreshold: 0.5, novelThreshold: 0.25, temperature: 0.75))

    let provenance = model.provenance
    #expect(provenance.creator == "draft")
    #expect(provenance.trainingData == "set")
    #expect(provenance.recipe == "paper")
    #expect(provenance.licence == "CC0-1.0")
    #expect(provenance.description == "two\nlines")
    #expect(provenance.created == "2026-01-02T03:04:05Z")
    #expect((0..<32).map { provenance.parent?[$0] } == (0..<32).map { UInt8($0) })
    #expect(provenance.source?.hex == draft.source)

    var sha = SHA256()
    sha.update(bytes.span.bytes)
    #expect(model.digest == sha.finish())
  }

  @Test func readsTheBank() throws {
    let draft = ModelDraft()
    let bank = try load(draft.bytes()).bank

    #expect(bank.epoch == 7)
    #expect(bank.nextID == 40)
    #expect(bank.featureCount == 8)
    #expect(bank.prototypes.map(\.id) == [3, 17, 9, 4, 39])
    #expect(bank.prototypes.map(\.kind) == [.known, .retired, .novel, .retired, .known])
    #expect(bank.prototypes.map(\.name) == ["Gerät α", "old", "", "", "two"])
    #expect(bank.prototypes.map(\.usage) == [11, 5, 4, 0, 0])
    #expect(bank.prototypes.map(\.confidenceSum) == [8.5, 0, 1.25, 0, 0])
    #expect(bank.prototypes.map(\.birthEpoch) == [0, 2, 7, 1, 0])
    // Own id: in use, or retired for nobody.
    #expect(bank.prototypes.map(\.mergedInto) == [3, 9, 9, 4, 39])
    for (prototype, entry) in zip(bank.prototypes, draft.prototypes) {
      #expect(littleEndian(prototype.vector) == entry.vector)
    }

    #expect(bank.active == [0, 2, 4])
    #expect(bank.matrix == [0, 2, 4].flatMap { bank.prototypes[$0].vector })
    #expect(bank.entry(ofID: 9) == 2)
    #expect(bank.entry(ofID: 5) == nil)
    #expect([.known, .novel, .retired].map(bank.count(of:)) == [2, 1, 2])
  }

  @Test func decodesEveryTensor() throws {
    let draft = ModelDraft()
    let model = try load(draft.bytes())
    let parameters = model.spec.parameters
    #expect(parameters.count == draft.tensors.count)
    #expect(model.parameterCount == parameters.reduce(0) { $0 + $1.count })
    for (parameter, tensor) in zip(parameters, draft.tensors) {
      #expect(littleEndian(model.values(of: parameter)) == tensor.data, "\(parameter.name)")
    }
    var stranger = parameters[0]
    stranger.name = "backbone.conv2.weight"
    #expect(model.values(of: stranger) == [])
  }

  @Test func tensorsMayComeInAnyOrder() throws {
    var draft = ModelDraft()
    draft.tensors.reverse()
    let model = try load(draft.bytes())
    for (parameter, tensor) in zip(model.spec.parameters, draft.tensors.reversed()) {
      #expect(littleEndian(model.values(of: parameter)) == tensor.data, "\(parameter.name)")
    }
  }

  /// A bottleneck network with a 7x7 stem, pooling, no gate and no neck.
  @Test func readsTheOtherKindOfNetwork() throws {
    var draft = ModelDraft()
    draft.size = 64
    draft.block = 2
    draft.stem = (7, 2, 4, 1)
    draft.stages = [.init(blocks: 2, inner: 2, out: 8, stride: 1)]
    draft.ffe = nil
    draft.neck = (1, 0)
    var random = Chance(seed: 2)
    draft.fillTensors(&random)
    let model = try load(draft.bytes())
    #expect(model.spec == draft.spec)
    #expect(model.spec.mapSize == 16)
  }

  /// Numbers of a repeated field may also come one by one.
  @Test func readsUnpackedNumbers() throws {
    let draft = ModelDraft()
    var bytes = draft.bytes()
    let packed = Wire.message { $0.floats(2, draft.mean) }
    let single = Wire.message { wire in
      for value in draft.mean { wire.float(2, value) }
    }
    let start = try #require(bytes.firstRange(of: packed))
    bytes.replaceSubrange(start, with: single)
    // The preprocessing message has grown by 1: 3 * 5 instead of 2 + 12 bytes.
    let length = try #require(bytes[..<start.lowerBound].lastIndex(of: 0x1a))
    bytes[length + 1] += 1
    #expect(try load(bytes).preprocessing.mean == draft.mean)
  }

  @Test func provenanceMayBeMissing() throws {
    let draft = ModelDraft()
    var bytes = draft.bytes()
    let start = try #require(bytes.firstRange(of: Array("\n\u{5}draft".utf8))).lowerBound
    // Tag and length of field 7 take three bytes: it is between 128 and 16383 bytes long.
    bytes.removeSubrange(start - 3..<draft.headCount)
    #expect(try load(bytes).provenance == Provenance())
  }

  @Test func asksForProgressAndStops() throws {
    var random = Chance(seed: 3)
    var draft = ModelDraft()
    draft.stages[1] = .init(blocks: 1, inner: 256, out: 256, stride: 2)
    draft.prototypes = [
      .init(id: 0, kind: 2, vector: littleEndian(random.floats(256)))
    ]
    draft.fillTensors(&random)
    let bytes = draft.bytes()
    #expect(bytes.count > 2 << 20)

    var calls: [UInt64] = []
    _ = try Model(bytes: bytes.span.bytes) { done, total in
      calls.append(done)
      return total == UInt64(bytes.count)
    }
    #expect(calls.count == (bytes.count + (1 << 20) - 1) >> 20)
    #expect(calls == calls.sorted() && calls.last == UInt64(bytes.count))

    #expect(throws: ModelError.cancelled) {
      _ = try Model(bytes: bytes.span.bytes) { done, _ in done < 2 << 20 }
    }
  }

  @Test func holdsToTheCallersSizeLimit() {
    let bytes = ModelDraft().bytes()
    #expect(throws: ModelError.limit("model: \(bytes.count) bytes, at most \(bytes.count - 1)")) {
      _ = try Model(bytes: bytes.span.bytes, sizeLimit: bytes.count - 1)
    }
    #expect(throws: Never.self) {
      _ = try Model(bytes: bytes.span.bytes, sizeLimit: bytes.count)
    }
  }
}
