import CALModel
import CALNetwork
import Testing

/// What a model file says about int8.
@Suite struct QuantisationTests {
  private static func draft(_ edit: (inout ModelDraft.Quantisation) -> Void = { _ in })
    -> ModelDraft
  {
    var draft = ModelDraft()
    draft.quantise()
    if var quantisation = draft.quantisation {
      edit(&quantisation)
      draft.quantisation = quantisation
    }
    return draft
  }

  @Test func isReadAsItStands() throws {
    let model = try load(Self.draft().bytes())
    let section = try #require(model.quantisation)
    #expect(section.quantisation.ranges["backbone.layer1.0.conv1.weight"] == 0.25)
    #expect(section.quantisation.ranges["backbone.layer2.0.downsample.0.weight"] == 4)
    #expect(section.quantisation.ranges.count == 5)
    #expect((section.images, section.agreeing) == (200, 198))
    #expect(section.probabilityChange == 0.125)
    #expect(section.isDefault && model.defaultPrecision == .int8)
    #expect(try load(ModelDraft().bytes()).quantisation == nil)
    #expect(try load(ModelDraft().bytes()).defaultPrecision == .fp32)
  }

  @Test(arguments: rules)
  func namesTheFieldAndTheValue(rule: BrokenRule) {
    var draft = Self.draft()
    rule.edit(&draft)
    #expect(loadError(draft.bytes()) == rule.error)
  }

  static let rules = [
    rule(.invalid("quantization.images: 0, at least 1")) { $0.images = 0 },
    rule(.invalid("quantization.agreeing: 201, of 200 images")) { $0.agreeing = 201 },
    rule(.invalid("quantization.probability_change: nan, needs 0.0 to 1.0")) { $0.change = .nan },
    rule(.invalid("quantization.is_default: 197 of 200 images agree, needs 99 of 100")) {
      $0.agreeing = 197
    },
    rule(.format("quantization.is_default: 2 is over 1")) { $0.isDefault = 2 },
    rule(.invalid("quantization.inputs: \"backbone.layer1.0.conv1.weight\" is missing")) {
      $0.inputs.removeFirst()
    },
    rule(
      .invalid("quantization.inputs[5].name: \"backbone.layer1.0.conv1.weight\" is there twice")
    ) { $0.inputs.append($0.inputs[0]) },
    rule(
      .invalid(
        "quantization.inputs[1].name: no block has a convolution with weights "
          + "\"backbone.conv1.weight\"")
    ) { $0.inputs[1].name = "backbone.conv1.weight" },
    rule(range: "nan") { $0.inputs[0].range = .nan },
    rule(range: "inf") { $0.inputs[0].range = .infinity },
    rule(range: "0.0") { $0.inputs[0].range = 0 },
    rule(range: "-1.0") { $0.inputs[0].range = -1 },
    rule(range: "1e-30") { $0.inputs[0].range = 1e-30 },
    rule(.limit("quantization.inputs: more than 4096 entries")) {
      $0.inputs = Array(repeating: $0.inputs[0], count: 4097)
    },
  ]

  private static func rule(
    _ error: ModelError, _ edit: @escaping @Sendable (inout ModelDraft.Quantisation) -> Void
  ) -> BrokenRule {
    BrokenRule(error) { draft in
      guard var quantisation = draft.quantisation else { return }
      edit(&quantisation)
      draft.quantisation = quantisation
    }
  }

  private static func rule(
    range: String, _ edit: @escaping @Sendable (inout ModelDraft.Quantisation) -> Void
  ) -> BrokenRule {
    rule(
      .invalid(
        "quantization.inputs: \"backbone.layer1.0.conv1.weight\": \(range), "
          + "needs 1e-20 to 1e+20"), edit)
  }

  /// A commit of the bank leaves it as it is, unknown fields of a newer libcal included.
  @Test func anotherBankKeepsIt() throws {
    let draft = Self.draft { $0.extra = [0xa2, 0x06, 2, 7, 9] }
    let model = try load(draft.bytes())
    let bytes = try model.serialised(with: model.bank, parent: model.digest)
    #expect(try load(bytes).quantisation == model.quantisation)
    let place = bytes.indices.first { bytes[$0...].starts(with: [0xa2, 0x06, 2, 7, 9]) }
    #expect(place != nil)
  }

  @Test func isWrittenAndReplaced() throws {
    let plain = try load(ModelDraft().bytes())
    var section = try #require(try load(Self.draft().bytes()).quantisation)
    let made = try load(try plain.serialised(quantisation: section, parent: plain.digest))
    #expect(made.quantisation == section)
    #expect(made.provenance.parent == plain.digest)
    #expect(made.bank == plain.bank)
    section.isDefault = false
    let again = try load(try made.serialised(quantisation: section, parent: made.digest))
    #expect(again.quantisation == section)
    #expect(again.fileSize == made.fileSize - 2)

    section.agreeing = 10
    section.isDefault = true
    #expect(
      throws: ModelError.invalid(
        "quantization.is_default: 10 of 200 images agree, needs 99 of 100")
    ) { try plain.serialised(quantisation: section, parent: plain.digest) }
  }

  @Test func truncationsAndFlipsAreSurvived() {
    let draft = Self.draft()
    let bytes = draft.bytes()
    for bit in 8 * (draft.headCount - 260)..<8 * draft.headCount {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << (bit % 8)
      _ = loadError(damaged)
    }
    for length in draft.headCount - 260..<draft.headCount {
      #expect(loadError(Array(bytes[..<length])) != nil)
    }
  }

  @Test func networksOfBothPrecisionsAreKept() throws {
    let model = try load(Self.draft().bytes())
    let fp32 = try model.network(for: .best)
    let int8 = try model.network(for: .best, .int8)
    #expect(fp32.precision == .fp32 && int8.precision == .int8)
    #expect(try model.network(for: .best, .int8) === int8)
    #expect(try model.network(for: .best) === fp32)
    #expect(throws: NetworkError.range("backbone.layer1.0.conv1.weight")) {
      try load(ModelDraft().bytes()).network(for: .best, .int8)
    }
  }
}
