import CALLearning
import CALModel
import CALNetwork

extension Trainer {
  /// What the model file says beside the numbers.
  public struct Naming: Sendable {
    /// Of the known classes.
    public var names: [String]
    public var provenance: Provenance

    public init(names: [String], provenance: Provenance) {
      self.names = names
      self.provenance = provenance
    }

    /// Throws unless a model may have it.
    public func check() throws(ModelError) {
      for (i, name) in names.enumerated() {
        try Prototype(id: 0, kind: .known, name: name, vector: []).checkName("names[\(i)]")
      }
      try provenance.validate()
    }
  }

  /// The bytes of a model with the network as it is now or, if that is to be kept, as it was after
  /// the epoch that validation found best. Published: with its prototypes, and their usage in the
  /// last epoch. Default: with a `StatisticsHead`, which takes another look at all training images.
  /// Ids are the rows' numbers; novel prototypes have no name yet.
  public func model(_ naming: Naming) throws(TrainingError) -> [UInt8] {
    guard naming.names.count == options.known else {
      throw .learning(
        LearningError("there are \(naming.names.count) names, but \(options.known) known classes"))
    }
    return options.recipe == .paper
      ? try trainedModel(naming, modelState) : try statisticsModel(naming, modelState)
  }

  private func trainedModel(
    _ naming: Naming, _ state: ValidationRecord.Kept
  ) throws(TrainingError) -> [UInt8] {
    let width = options.spec.featureCount
    let head = options.spec.headRows(Array(state.parameters.suffix(state.prototypes * width)))
    let rows = (0..<state.prototypes).map { Array(head[$0 * width..<($0 + 1) * width]) }
    return try serialise(
      options.spec, rows, usage: state.usage,
      decision: Decision(knownThreshold: 0, novelThreshold: 0, temperature: 1), naming,
      tensors(state))
  }

  private func statisticsModel(
    _ naming: Naming, _ state: ValidationRecord.Kept
  ) throws(TrainingError) -> [UInt8] {
    let head = try StatisticsHead(
      descriptors(state.parameters, state.prototypes, withFeatures: false),
      statistics: options.spec.statisticCount,
      options)
    var spec = options.spec
    spec.neck = .statistics(features: head.dimensions)
    var tensors = tensors(state)
    tensors[NetworkSpec.projection + ".weight"] = head.projection.weights
    tensors[NetworkSpec.projection + ".bias"] = head.projection.biases
    let bytes = try serialise(
      spec, head.rows, usage: head.usage, decision: head.decision, naming, tensors)
    return try modelResult { () throws(ModelError) in
      let classes = head.calibration.enumerated().map {
        CalibrationClass(id: UInt64($0.offset), features: $0.element)
      }
      return try Model(bytes: bytes.span.bytes).serialised(
        calibration: classes.filter { !$0.features.isEmpty })
    }
  }

  /// By name.
  private func tensors(_ state: ValidationRecord.Kept) -> [String: [Float]] {
    let layout = ParameterLayout(options.spec, prototypes: state.prototypes)
    return Dictionary(
      uniqueKeysWithValues: layout.entries.map {
        ($0.parameter.name, Array(state.parameters[$0.range]))
      })
  }

  private func serialise(
    _ spec: NetworkSpec, _ rows: [[Float]], usage: [UInt64], decision: Decision, _ naming: Naming,
    _ tensors: [String: [Float]]
  ) throws(TrainingError) -> [UInt8] {
    let prototypes = rows.enumerated().map { row, vector in
      let isKnown = row < options.known
      return Prototype(
        id: UInt64(row), kind: isKnown ? .known : .novel, name: isKnown ? naming.names[row] : "",
        vector: vector, usage: usage.isEmpty ? 0 : usage[row])
    }
    return try modelResult { () throws(ModelError) in
      let bank = try Bank(
        epoch: 0, nextID: UInt64(rows.count), featureCount: spec.featureCount,
        prototypes: prototypes)
      return try Model.serialise(
        spec: spec,
        preprocessing: Preprocessing(
          size: spec.inputSize, mean: options.mean, deviation: options.deviation),
        bank: bank, decision: decision, provenance: naming.provenance
      ) { tensors[$0.name] ?? [] }
    }
  }
}
