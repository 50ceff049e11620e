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
  }

  /// The bytes of a model with the network and the prototypes as they are now or, if that is to be
  /// kept, as they were after the epoch that validation found best. Ids are the rows' numbers;
  /// novel prototypes have no name yet. Usage is that of the last survey.
  public func model(_ naming: Naming) throws(TrainingError) -> [UInt8] {
    guard naming.names.count == options.known else {
      throw .learning(
        LearningError("there are \(naming.names.count) names, but \(options.known) known classes"))
    }
    let state = modelState
    let layout = ParameterLayout(options.spec, prototypes: state.prototypes)
    let parameters = state.parameters
    let ranges = Dictionary(
      uniqueKeysWithValues: layout.entries.map { ($0.parameter.name, $0.range) })
    let width = options.spec.featureCount
    let rows = options.spec.headRows(Array(parameters.suffix(state.prototypes * width)))
    let prototypes = (0..<state.prototypes).map { row in
      let isKnown = row < options.known
      return Prototype(
        id: UInt64(row), kind: isKnown ? .known : .novel, name: isKnown ? naming.names[row] : "",
        vector: Array(rows[row * width..<(row + 1) * width]),
        usage: state.usage.isEmpty ? 0 : state.usage[row])
    }
    return try modelResult { () throws(ModelError) in
      let bank = try Bank(
        epoch: 0, nextID: UInt64(state.prototypes), featureCount: width, prototypes: prototypes)
      return try Model.serialise(
        spec: options.spec,
        preprocessing: Preprocessing(
          size: options.spec.inputSize, mean: options.mean, deviation: options.deviation),
        bank: bank, decision: Decision(knownThreshold: 0, novelThreshold: 0, temperature: 1),
        provenance: naming.provenance
      ) { parameter in ranges[parameter.name].map { Array(parameters[$0]) } ?? [] }
    }
  }
}
