import CALModel
import Testing

/// One broken value and the very sentence it must give.
struct BrokenRule: Sendable, CustomTestStringConvertible {
  let error: ModelError
  let edit: @Sendable (inout ModelDraft) -> Void

  init(_ error: ModelError, _ edit: @escaping @Sendable (inout ModelDraft) -> Void) {
    self.error = error
    self.edit = edit
  }

  var testDescription: String { error.description }
}

@Suite struct RuleTests {
  @Test(arguments: headRules + networkRules + bankRules + tensorRules)
  func namesTheFieldAndTheValue(rule: BrokenRule) {
    var draft = ModelDraft()
    rule.edit(&draft)
    #expect(loadError(draft.bytes()) == rule.error)
  }

  static let headRules = [
    BrokenRule(.version("format_version: 2, this libcal reads 1")) { $0.version = 2 },
    BrokenRule(.format("format_version: missing")) { $0.version = 0 },
    BrokenRule(
      .format(
        "not a CAL model file: it begins with 0d 43 41 4c 4e, needs 0d 43 41 4c 4d")
    ) { $0.magic += 1 << 24 },

    BrokenRule(.invalid("preprocessing.size: 7, at least 8")) { $0.size = 7 },
    BrokenRule(.limit("preprocessing.size: 2049, at most 2048")) { $0.size = 2049 },
    BrokenRule(.format("preprocessing.size: 4294967296 is over 4294967295")) { $0.size = 1 << 32 },
    BrokenRule(.invalid("preprocessing.mean: 2 values, needs 3 (red, green, blue)")) {
      $0.mean.removeLast()
    },
    BrokenRule(.limit("preprocessing.mean: more than 8 entries")) {
      $0.mean = [Float](repeating: 0, count: 9)
    },
    BrokenRule(.invalid("preprocessing.mean[1]: inf, needs a finite number")) {
      $0.mean[1] = .infinity
    },
    BrokenRule(.invalid("preprocessing.deviation[2]: nan, needs a finite number")) {
      $0.deviation[2] = .nan
    },
    BrokenRule(.invalid("preprocessing.deviation[0]: 0.0, needs more than 0")) {
      $0.deviation[0] = 0
    },
    BrokenRule(.invalid("preprocessing.filter: 2, this libcal has only 1")) { $0.filter = 2 },

    BrokenRule(.invalid("decision.known_threshold: 1.5, needs 0.0 to 1.0")) {
      $0.knownThreshold = 1.5
    },
    BrokenRule(.invalid("decision.novel_threshold: -0.25, needs 0.0 to 1.0")) {
      $0.novelThreshold = -0.25
    },
    BrokenRule(.invalid("decision.temperature: nan, needs 0.001 to 1000.0")) {
      $0.temperature = .nan
    },
    BrokenRule(.invalid("decision.temperature: 0.0, needs 0.001 to 1000.0")) {
      $0.temperature = 0
    },

    BrokenRule(.invalid("provenance.parent_sha256: 31 bytes, needs 32 or none")) {
      $0.parent.removeLast()
    },
    BrokenRule(.invalid("provenance.source_sha256: \"abc\", needs 64 hex digits or nothing")) {
      $0.source = "abc"
    },
    BrokenRule(.limit("provenance.creator: 4097 bytes, at most 4096")) {
      $0.creator = String(repeating: "x", count: 4097)
    },
    BrokenRule(.limit("provenance.description: 65537 bytes, at most 65536")) {
      $0.details = String(repeating: "x", count: 65_537)
    },
    BrokenRule(.invalid("provenance.creator: has the control character 10")) {
      $0.creator = "a\nb"
    },
    BrokenRule(.invalid("provenance.description: has the control character 13")) {
      $0.details = "a\r\nb"
    },
  ]

  static let networkRules = [
    BrokenRule(.invalid("network.block: 3, needs 1 or 2")) { $0.block = 3 },
    BrokenRule(.invalid("network.stem.kernel: 5, needs 3 or 7")) { $0.stem.kernel = 5 },
    BrokenRule(.invalid("network.stem.stride: 3, needs 1 or 2")) { $0.stem.stride = 3 },
    BrokenRule(.invalid("network.stem.channels: 0, at least 1")) { $0.stem.channels = 0 },
    BrokenRule(.limit("network.stem.channels: 16385, at most 16384")) {
      $0.stem.channels = 16_385
    },
    BrokenRule(.format("network.stem.max_pool: 2 is over 1")) { $0.stem.maxPool = 2 },
    BrokenRule(.invalid("network.stages: 0, at least 1")) { $0.stages = [] },
    BrokenRule(.limit("network.stages: more than 8 entries")) {
      $0.stages = [ModelDraft.Stage](repeating: $0.stages[0], count: 9)
    },
    BrokenRule(.invalid("network.stages[1].blocks: 0, at least 1")) { $0.stages[1].blocks = 0 },
    BrokenRule(.limit("network.stages[0].blocks: 257, at most 256")) {
      $0.stages[0].blocks = 257
    },
    BrokenRule(.limit("network.stages[0].out_channels: 4294967295, at most 16384")) {
      $0.stages[0].out = 4_294_967_295
    },
    BrokenRule(.invalid("network.stages[1].stride: 0, needs 1 or 2")) { $0.stages[1].stride = 0 },
    BrokenRule(
      .invalid(
        "network.stages[1].inner_channels: 4, needs out_channels 8 in a network of basic blocks")
    ) { $0.stages[1].inner = 4 },
    BrokenRule(.limit("network.ffe.hidden_channels: 257, at most 256")) { $0.ffe?.hidden = 257 },
    BrokenRule(.invalid("network.ffe.grid: 0, at least 1")) { $0.ffe?.grid = 0 },
    BrokenRule(.invalid("network.neck.kind: 0, needs 1 to 4")) { $0.neck.kind = 0 },
    BrokenRule(.invalid("network.neck.kind: 5, needs 1 to 4")) { $0.neck.kind = 5 },
    BrokenRule(.invalid("network.neck.features: 0, at least 1")) {
      ($0.neck.kind, $0.features) = (4, 0)
    },
    BrokenRule(.invalid("network.neck.norm_epsilon: 2.0, needs 1e-45 to 1.0")) {
      $0.neck = (3, 2)
    },
    BrokenRule(.invalid("network.neck.norm_epsilon: -1e-05, needs 1e-45 to 1.0")) {
      $0.neck.epsilon = -1e-5
    },
    BrokenRule(.invalid("network.norm_epsilon: 0.0, needs 1e-45 to 1.0")) { $0.epsilon = 0 },
    BrokenRule(.limit("network: needs 5158 tensors, at most 4096")) {
      $0.stages = (0..<2).map { _ in .init(blocks: 256, inner: 4, out: 4, stride: 1) }
      $0.stages.append(.init(blocks: 1, inner: 8, out: 8, stride: 1))
      $0.stages.append(.init(blocks: 1, inner: 8, out: 8, stride: 1))
    },
    BrokenRule(
      .limit("network.stem: feature maps of 2197815296 bytes, at most 2147483648")
    ) {
      $0.size = 2048
      $0.stem.channels = 128
    },
    BrokenRule(
      .limit("network.stages[1]: 1083028799488 multiply-adds so far, at most 1000000000000")
    ) {
      $0.size = 256
      $0.ffe = nil
      $0.stages[1] = .init(blocks: 9, inner: 1024, out: 1024, stride: 2)
    },
    // 2048 x 2048 x 4 channels of the stem, and 32 such maps of blocks: 33 x 64 MiB.
    BrokenRule(
      .limit(
        "network.stages[0]: maps with statistics of 2214592512 bytes so far, at most 2147483648")
    ) {
      $0.size = 2048
      $0.ffe = nil
      $0.neck = (4, 0)
      $0.stages[0].blocks = 32
    },
  ]

  static let bankRules = [
    BrokenRule(.invalid("bank.prototypes: 0, at least 1")) { $0.prototypes = [] },
    BrokenRule(.invalid("bank.prototypes: all 2 are retired, needs one in use")) {
      $0.prototypes = [.init(id: 1, kind: 3, mergedInto: 2), .init(id: 2, kind: 3, mergedInto: 2)]
    },
    BrokenRule(.invalid("bank.prototypes[4].id: 39, needs less than bank.next_id 39")) {
      $0.nextID = 39
    },
    BrokenRule(.limit("bank.epoch: 4611686018427387905, at most 4611686018427387904")) {
      $0.epoch = 1 << 62 + 1
    },
    BrokenRule(.limit("bank.next_id: 18446744073709551615, at most 4611686018427387904")) {
      $0.nextID = .max
    },
    BrokenRule(
      .limit("bank.prototypes[3].usage: 9223372036854775808, at most 4611686018427387904")
    ) { $0.prototypes[3].usage = 1 << 63 },
    BrokenRule(.invalid("bank.prototypes[2].id: 3 is that of entry 0 too")) {
      $0.prototypes[2].id = 3
    },
    BrokenRule(.invalid("bank.prototypes[0].kind: 4, needs 1, 2 or 3")) {
      $0.prototypes[0].kind = 4
    },
    BrokenRule(.invalid("bank.prototypes[0].name: empty, a known one needs it")) {
      $0.prototypes[0].name = []
    },
    BrokenRule(.limit("bank.prototypes[2].name: 256 bytes, at most 255")) {
      $0.prototypes[2].name = [UInt8](repeating: 0x41, count: 256)
    },
    BrokenRule(.format("bank.prototypes[0].name: not UTF-8")) {
      $0.prototypes[0].name = [0x41, 0xc0, 0xaf]
    },
    BrokenRule(.format("bank.prototypes[0].name: not UTF-8")) {
      $0.prototypes[0].name = [0xed, 0xa0, 0x80]  // half a surrogate pair
    },
    BrokenRule(.invalid("bank.prototypes[4].name: has the control character 0")) {
      $0.prototypes[4].name = [0x41, 0, 0x42]
    },
    BrokenRule(.invalid("bank.prototypes[4].name: has the control character 133")) {
      $0.prototypes[4].name = [0xc2, 0x85]
    },
    BrokenRule(.invalid("bank.prototypes[0].vector: 0 bytes, needs 32")) {
      $0.prototypes[0].vector = []
    },
    BrokenRule(.invalid("bank.prototypes[2].vector: 36 bytes, needs 32")) {
      $0.prototypes[2].vector += [0, 0, 0, 0]
    },
    BrokenRule(.invalid("bank.prototypes[2].vector: 31 bytes, not a multiple of 4")) {
      $0.prototypes[2].vector.removeLast()
    },
    BrokenRule(.invalid("bank.prototypes[1].vector: 32 bytes, needs 0")) {
      $0.prototypes[1].vector = $0.prototypes[0].vector
    },
    BrokenRule(.invalid("bank.prototypes[4].vector[1]: -inf, needs a finite number")) {
      $0.prototypes[4].vector.replaceSubrange(4..<8, with: littleEndian([-Float.infinity]))
    },
    BrokenRule(.invalid("bank.prototypes[0].confidence_sum: -1.0, needs 0 or more")) {
      $0.prototypes[0].confidenceSum = -1
    },
    BrokenRule(.invalid("bank.prototypes[2].confidence_sum: nan, needs 0 or more")) {
      $0.prototypes[2].confidenceSum = .nan
    },
    BrokenRule(.invalid("bank.prototypes[2].birth_epoch: 8, bank.epoch is 7")) {
      $0.prototypes[2].birthEpoch = 8
    },
    BrokenRule(.invalid("bank.prototypes[0].merged_into: 9, but it is not retired")) {
      $0.prototypes[0].mergedInto = 9
    },
    BrokenRule(.invalid("bank.prototypes[1].merged_into: no prototype has the id 10")) {
      $0.prototypes[1].mergedInto = 10
    },
    BrokenRule(.invalid("bank.prototypes[3].merged_into: leads back to itself")) {
      $0.prototypes[1].mergedInto = 4
      $0.prototypes[3].mergedInto = 17
    },
  ]

  static let tensorRules = [
    BrokenRule(.invalid("tensors: \"neck.running_var\" is missing")) { $0.tensors.removeLast() },
    BrokenRule(.invalid("tensors: \"backbone.conv1.weight\" is missing")) { $0.tensors = [] },
    BrokenRule(.invalid("tensors[2].name: this network has no tensor \"backbone.bn1.bia\"")) {
      $0.tensors[2].name.removeLast()
    },
    BrokenRule(.invalid("tensors[5].name: \"backbone.bn1.weight\" is there twice")) {
      $0.tensors.insert($0.tensors[1], at: 5)
    },
    BrokenRule(
      .invalid("tensors[0].shape: \"backbone.conv1.weight\" has (3, 4, 3, 3), needs (4, 3, 3, 3)")
    ) { $0.tensors[0].shape = [3, 4, 3, 3] },
    BrokenRule(
      .invalid("tensors[0].shape: \"backbone.conv1.weight\" has (4, 27), needs (4, 3, 3, 3)")
    ) { $0.tensors[0].shape = [4, 27] },
    BrokenRule(.limit("tensors[0].shape: more than 8 entries")) {
      $0.tensors[0].shape = [UInt64](repeating: 1, count: 9)
    },
    BrokenRule(.invalid("tensors[1].data: \"backbone.bn1.weight\" has 15 bytes, needs 16")) {
      $0.tensors[1].data.removeLast()
    },
    BrokenRule(.invalid("tensors[3].type: 2, this libcal reads 1 (f32) only")) {
      $0.tensors[3].type = 2
    },
    BrokenRule(
      .invalid("tensors[0].data: \"backbone.conv1.weight\"[100] is nan, needs a finite number")
    ) { $0.tensors[0].data.replaceSubrange(400..<404, with: littleEndian([Float.nan])) },
    BrokenRule(
      .invalid("tensors[2].data: \"backbone.bn1.bias\"[3] is -inf, needs a finite number")
    ) { $0.tensors[2].data.replaceSubrange(12..<16, with: littleEndian([-Float.infinity])) },
    BrokenRule(
      .invalid(
        "tensors[4].data: \"backbone.bn1.running_var\"[1] is -0.5, "
          + "needs a finite number, 0 or more")
    ) { $0.tensors[4].data.replaceSubrange(4..<8, with: littleEndian([Float(-0.5)])) },
  ]

  /// Exactly at the limit is within it.
  @Test func takesTheLimitsThemselves() throws {
    var draft = ModelDraft()
    draft.details = String(repeating: "é", count: 32_768)
    draft.prototypes[0].name = [UInt8](repeating: 0x41, count: 255)
    draft.knownThreshold = 0
    draft.novelThreshold = 1
    draft.temperature = 1000
    draft.epsilon = 1
    draft.parent = []
    draft.source = ""
    let model = try load(draft.bytes())
    #expect(model.bank.prototypes[0].name.utf8.count == 255)
    #expect(model.provenance.parent == nil && model.provenance.source == nil)
  }

  @Test(arguments: ["bank", "network", "decision", "preprocessing"])
  func namesAMissingSection(name: String) throws {
    let number: [String: UInt64] = ["preprocessing": 3, "network": 4, "bank": 5, "decision": 6]
    let field = try #require(number[name])
    // Field 16 is unknown, so the section under that number is not there.
    let bytes = renumbered(ModelDraft().bytes(), field, to: 16)
    #expect(loadError(bytes) == .invalid("\(name): missing"))
  }
}

/// The message with the number of one top-level, length-delimited field changed.
private func renumbered(_ bytes: [UInt8], _ field: UInt64, to number: UInt64) -> [UInt8] {
  var out = Wire()
  var offset = 5 + 2  // magic and version stay
  out.raw(Array(bytes[..<offset]))
  func varint() -> UInt64 {
    var (value, shift): (UInt64, UInt64) = (0, 0)
    repeat {
      value |= UInt64(bytes[offset] & 127) << shift
      (offset, shift) = (offset + 1, shift + 7)
    } while bytes[offset - 1] > 127
    return value
  }
  while offset < bytes.count {
    let found = varint() >> 3
    let length = Int(varint())
    out.data(found == field ? number : found, Array(bytes[offset..<offset + length]))
    offset += length
  }
  return out.bytes
}
