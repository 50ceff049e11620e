import CALLearning

/// All of a training that changes: what a checkpoint holds. Random numbers are functions of seed,
/// epoch and draw, so they need no state.
public struct TrainingState: Sendable, Equatable {
  public var learner: Learner.State
  /// Rows of the head.
  public var prototypes: Int
  public var epoch = 0
  /// Steps done in the epoch.
  public var step = 0
  /// gamma_n of the epoch; nil: not known yet.
  public var novelThreshold: Double?
  /// Of the epoch so far: confidences, and the images of all kinds that were predicted as each
  /// prototype.
  public var confidence = Confidence()
  public var usage: [UInt64]
  /// Of the epoch before; empty: there is none, or it had other prototypes.
  public var lastUsage: [UInt64] = []
  /// Of each image, from the last discovery: the prototype that ACR takes for its label, -1:
  /// none. Empty before the first.
  public var pseudoLabels: [Int32] = []
  public var validation = ValidationRecord()

  init(_ options: TrainingOptions, parameters: [Float]) {
    learner = Learner.State(parameters: parameters)
    prototypes = options.prototypes
    usage = Array(repeating: 0, count: options.prototypes)
  }

  mutating func count(_ step: Learner.Step) {
    for prediction in step.predictions { usage[prediction] += 1 }
    let added = step.terms.confidence
    confidence.sumKnown += added.sumKnown
    confidence.sumNovel += added.sumNovel
    confidence.countKnown += added.countKnown
    confidence.countNovel += added.countNovel
  }

  mutating func startEpoch(_ number: Int, lastUsage last: [UInt64]) {
    epoch = number
    step = 0
    confidence = Confidence()
    usage = Array(repeating: 0, count: prototypes)
    lastUsage = last.count == prototypes ? last : []
  }

  /// Published: from the first epoch on. Default: once methods were discovered and the usage has
  /// settled, which is when no more than a twentieth of the images have changed their prototype since the
  /// epoch before, as far as counts tell.
  func mayPrune(_ now: [UInt64], _ options: TrainingOptions) -> Bool {
    if options.recipe == .paper { return true }
    guard !pseudoLabels.isEmpty, lastUsage.count == now.count else { return false }
    let moved = zip(now, lastUsage).reduce(0) { $0 + abs(Double($1.0) - Double($1.1)) } / 2
    return moved <= 0.05 * Double(now.reduce(0, +))
  }

  /// The state without the prototypes that pruning takes away, and the usage of those that are
  /// left, which take over that of the others; nil if it takes none.
  func pruned(usage: [UInt64], _ options: TrainingOptions) throws(LearningError)
    -> (state: TrainingState, usage: [UInt64])?
  {
    let features = options.spec.featureCount
    let bank = PrototypeRows(rows: prototypes, features: features, known: options.known)
    guard prototypes > options.known else { return nil }
    let head = learner.parameters.count - prototypes * features
    let pruning = try Pruning(
      prototypes: Array(learner.parameters[head...]).span, usage: usage.span, bank: bank,
      settings: settings(options))
    guard pruning.kept.count < prototypes else { return nil }

    var state = self
    state.prototypes = pruning.kept.count
    var heirs = Array(repeating: 0, count: prototypes)
    for (new, old) in pruning.kept.enumerated() { heirs[old] = new }
    heirs = pruning.mergedInto.map { heirs[$0] }
    state.pseudoLabels = pseudoLabels.map { $0 < 0 ? $0 : Int32(heirs[Int($0)]) }
    var merged = Array(repeating: UInt64(0), count: state.prototypes)
    for (old, count) in usage.enumerated() { merged[heirs[old]] += count }
    func rows(_ vector: [Float], _ move: (Span<Float>, inout MutableSpan<Float>) -> Bool)
      -> [Float]
    {
      var moved = [Float](repeating: 0, count: pruning.kept.count * features)
      let old = Array(vector[head...])
      var target = moved.mutableSpan
      _ = move(old.span, &target)
      return Array(vector[..<head]) + moved
    }
    state.learner.parameters = rows(learner.parameters) {
      pruning.merge($0, usage: usage.span, into: &$1)
    }
    if options.recipe == .paper {
      // The published code leaves the moments where they were.
      let count = state.learner.parameters.count
      state.learner.mean = Array(learner.mean.prefix(count))
      state.learner.square = Array(learner.square.prefix(count))
    } else {
      state.learner.mean = rows(learner.mean) {
        pruning.mergeMoments($0, usage: usage.span, into: &$1)
      }
      state.learner.square = rows(learner.square) {
        pruning.mergeMoments($0, usage: usage.span, into: &$1)
      }
    }
    return (state, merged)
  }

  private func settings(_ options: TrainingOptions) -> Pruning.Settings {
    var settings = Pruning.Settings()
    settings.recipe = options.recipe
    settings.coverage = options.coverage
    return settings
  }
}
