import CALModel
import CALNetwork
import CALTestSupport
import Testing

@Suite struct WriteTests {
  /// What the writer makes of a loaded model's values.
  private func rewritten(_ model: Model) throws -> [UInt8] {
    try Model.serialise(
      spec: model.spec, preprocessing: model.preprocessing, bank: model.bank,
      decision: model.decision, provenance: model.provenance
    ) { model.values(of: $0) }
  }

  private func expectSame(_ a: Model, _ b: Model) {
    #expect(a.spec == b.spec)
    #expect(a.preprocessing == b.preprocessing)
    #expect(a.bank == b.bank)
    #expect(a.decision == b.decision)
    #expect(a.provenance == b.provenance)
    for parameter in a.spec.parameters {
      #expect(a.values(of: parameter) == b.values(of: parameter), "\(parameter.name)")
    }
  }

  @Test func writtenValuesAreReadBack() throws {
    let model = try load(ModelDraft().bytes())
    expectSame(model, try load(rewritten(model)))
  }

  @Test func writesTheOtherKindOfNetwork() throws {
    var draft = ModelDraft()
    draft.block = 2
    draft.stem = (7, 2, 4, 1)
    draft.stages = [.init(blocks: 2, inner: 2, out: 8, stride: 1)]
    draft.ffe = nil
    draft.neck = (1, 0)
    draft.parent = []
    draft.source = ""
    var random = Chance(seed: 2)
    draft.fillTensors(&random)
    let model = try load(draft.bytes())
    expectSame(model, try load(rewritten(model)))
  }

  @Test func writesAUnitNeck() throws {
    var draft = ModelDraft()
    draft.neck = (3, 1e-4)
    let model = try load(draft.bytes())
    #expect(model.spec.neck == .batchNormUnit(epsilon: 1e-4))
    expectSame(model, try load(rewritten(model)))
  }

  @Test func writesAStatisticsNeck() throws {
    var draft = ModelDraft()
    draft.neck = (4, 0)
    var random = Chance(seed: 3)
    draft.fillTensors(&random)
    let model = try load(draft.bytes())
    #expect(model.spec.neck == .statistics(features: 8))
    #expect(model.spec.parameters.last?.name == "neck.projection.bias")
    expectSame(model, try load(rewritten(model)))
  }

  /// The same values give the same bytes, so writing what was written changes nothing.
  @Test func writingIsStable() throws {
    let once = try rewritten(load(ModelDraft().bytes()))
    #expect(try rewritten(load(once)) == once)
  }

  @Test func refusesWhatLoadingWould() throws {
    let model = try load(ModelDraft().bytes())
    func error(
      spec: NetworkSpec? = nil, preprocessing: Preprocessing? = nil, decision: Decision? = nil,
      provenance: Provenance? = nil, tensor: ((Parameter) -> [Float])? = nil
    ) -> ModelError? {
      do throws(ModelError) {
        _ = try Model.serialise(
          spec: spec ?? model.spec, preprocessing: preprocessing ?? model.preprocessing,
          bank: model.bank, decision: decision ?? model.decision,
          provenance: provenance ?? model.provenance, tensor: tensor ?? model.values(of:))
        return nil
      } catch {
        return error
      }
    }
    #expect(error() == nil)

    var spec = model.spec
    spec.stem.kernel = 4
    #expect(error(spec: spec) == .invalid("network.stem.kernel: 4, needs 3 or 7"))
    spec = model.spec
    spec.stages[1].innerChannels = 16
    spec.stages[1].outChannels = 16
    #expect(
      error(spec: spec) == .invalid("bank: prototypes of 8 features, the network has 16"))

    var preprocessing = model.preprocessing
    preprocessing.size = 32
    #expect(
      error(preprocessing: preprocessing)
        == .invalid("preprocessing.size: 32, the network takes 16"))

    var decision = model.decision
    decision.temperature = -1
    #expect(
      error(decision: decision)
        == .invalid("decision.temperature: -1.0, needs 0.001 to 1000.0"))

    var provenance = model.provenance
    provenance.licence = "a\u{0}b"
    #expect(
      error(provenance: provenance)
        == .invalid("provenance.licence: has the control character 0"))

    #expect(
      error { $0.name == "neck.bias" ? [1, 2] : model.values(of: $0) }
        == .invalid("tensors: \"neck.bias\" has 2 values, needs 8"))
    #expect(
      error { [Float](repeating: $0.role == .variance ? -1 : 1, count: $0.count) }
        == .invalid(
          "tensors: \"backbone.bn1.running_var\"[0] is -1.0, needs a finite number, 0 or more"))
  }

  /// A bank in which prototype 9 was renamed and 39 merged into 3, in the next epoch.
  private func updated(_ bank: Bank) throws -> Bank {
    var prototypes = bank.prototypes
    prototypes[2].kind = .known
    prototypes[2].name = "named at last"
    prototypes[2].vector = prototypes[2].vector.map { $0 * 2 }
    prototypes[4].kind = .retired
    prototypes[4].vector = []
    prototypes[4].mergedInto = 3
    prototypes.append(Prototype(id: 40, kind: .novel, vector: prototypes[0].vector, birthEpoch: 8))
    return try Bank(epoch: 8, nextID: 41, featureCount: 8, prototypes: prototypes)
  }

  @Test func aNewBankLeavesTheRestAlone() throws {
    let model = try load(ModelDraft().bytes())
    let bank = try updated(model.bank)
    let changed = try load(model.serialised(with: bank))
    #expect(changed.bank == bank)
    #expect(changed.bank.active == [0, 2, 5])
    #expect(changed.bank.prototypes[4].mergedInto == 3)
    #expect(changed.digest != model.digest)
    #expect(changed.spec == model.spec && changed.provenance == model.provenance)
    // The same bank again: the same bytes.
    #expect(try changed.serialised(with: bank) == changed.withBytes { Array(copying: $0) })
  }

  @Test func unknownFieldsSurvive() throws {
    var draft = ModelDraft()
    let marks = (0..<5).map { Array("kept \($0)".utf8) }
    draft.extraInModel = Wire.message {
      $0.varint(900, 5)
      $0.data(16, marks[0])
    }
    draft.extraInBank = Wire.message {
      $0.double(50, 2.5)
      $0.data(51, marks[1])
    }
    draft.prototypes[2].extra = Wire.message { $0.data(60, marks[2]) }
    draft.tensors[0].extra = Wire.message { $0.data(70, marks[3]) }
    draft.extraInStem = Wire.message { $0.data(80, marks[4]) }
    let bytes = draft.bytes()
    let model = try load(bytes)
    #expect(model.withBytes { Array(copying: $0) } == bytes)

    let changed = try model.serialised(with: updated(model.bank))
    for mark in marks { #expect(changed.ranges(of: mark).count == 1) }
    #expect(changed.ranges(of: draft.extraInModel).count == 1)
    #expect(changed.ranges(of: draft.extraInBank).count == 1)
    // And through a second update.
    let again = try load(changed).serialised(with: load(changed).bank)
    #expect(again == changed)
    // The fields of prototype 9 are still in prototype 9.
    let mark = try #require(changed.firstRange(of: marks[2])).lowerBound
    let name = try #require(changed.firstRange(of: Array("named at last".utf8))).lowerBound
    #expect(name < mark && mark - name < 100)
  }

  /// Only `magic` has a place of its own: what is replaced may stand anywhere, even behind tensors.
  @Test(arguments: UInt64(0)..<20) func fieldsMayStandInAnyOrder(seed: UInt64) throws {
    var draft = ModelDraft()
    draft.quantise()
    var random = Chance(seed: seed)
    let classes = [CalibrationClass(id: 3, features: [random.floats(8)])]
    let ordered = try load(load(draft.bytes()).serialised(calibration: classes))
    var fields = topLevelFields(ordered.withBytes { Array(copying: $0) })
    fields[1...].shuffle(using: &random)
    let model = try load(fields.flatMap(\.bytes))

    func check(_ bytes: [UInt8], _ number: UInt64) throws -> Model {
      let found = topLevelFields(bytes)
      #expect(found.map(\.number) == fields.map(\.number))
      for (old, new) in zip(fields, found) where ![number, 7].contains(old.number) {
        #expect(old.bytes == new.bytes)
      }
      return try load(bytes)
    }
    let bank = try updated(model.bank)
    let withBank = try check(model.serialised(with: bank, parent: model.digest), 5)
    #expect(withBank.bank == bank && withBank.provenance.parent == model.digest)
    let others = [CalibrationClass(id: 9, features: [random.floats(8), random.floats(8)])]
    let calibrated = try check(model.serialised(calibration: others, parent: model.digest), 8)
    #expect(calibrated.calibration == others && calibrated.provenance.parent == model.digest)
    var section = try #require(model.quantisation)
    section.isDefault.toggle()
    let quantised = try check(
      model.serialised(quantisation: section, parent: model.digest), 9)
    #expect(quantised.quantisation == section)
  }

  @Test func aBankOfOtherFeaturesIsRefused() throws {
    let model = try load(ModelDraft().bytes())
    let other = try Bank(
      epoch: 1, nextID: 1, featureCount: 2,
      prototypes: [.init(id: 0, kind: .novel, vector: [1, 2])])
    #expect(
      throws: ModelError.invalid("bank: prototypes of 2 features, the network has 8")
    ) { try model.serialised(with: other) }
  }
}

extension [UInt8] {
  init(copying bytes: RawSpan) { self = bytes.withUnsafeBytes { Array($0) } }
}

/// The fields of a model file as they stand, in order.
private func topLevelFields(_ bytes: [UInt8]) -> [(number: UInt64, bytes: [UInt8])] {
  var fields: [(number: UInt64, bytes: [UInt8])] = []
  var place = 0
  func varint() -> UInt64 {
    var (value, shift) = (UInt64(0), UInt64(0))
    repeat {
      value |= UInt64(bytes[place] & 127) << shift
      shift += 7
      place += 1
    } while bytes[place - 1] > 127
    return value
  }
  while place < bytes.count {
    let start = place
    let tag = varint()
    switch tag & 7 {
    case 0: _ = varint()
    case 5: place += 4
    default:
      let length = Int(varint())
      place += length
    }
    fields.append((tag >> 3, Array(bytes[start..<place])))
  }
  return fields
}
