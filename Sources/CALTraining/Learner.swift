import CALLearning
import CALNetwork

/// A network that learns: its parameters, the optimiser's memory of them, and the step that
/// changes both. All of it that lasts is in `state`.
public struct Learner {
  /// What a checkpoint must keep of a learner.
  public struct State: Sendable, Equatable {
    /// Flat, as `ParameterLayout` says.
    public var parameters: [Float]
    /// Adam's moments of them.
    public var mean: [Float]
    public var square: [Float]
    /// Optimiser steps so far.
    public var steps: Int

    public init(parameters: [Float]) {
      self.parameters = parameters
      mean = [Float](repeating: 0, count: parameters.count)
      square = mean
      steps = 0
    }
  }

  /// What came of a step.
  public struct Step: Sendable {
    public let terms: Objective.Terms
    /// Of the weak views, before the step's change.
    public let predictions: [Int]
  }

  public private(set) var state: State
  public let known: Int
  public let network: TrainingNetwork
  private let trained: TrainedRanges
  private var gradients: [Float]

  /// `state` must have the layout of `network`.
  public init(_ network: TrainingNetwork, known: Int, state: State) throws(LearningError) {
    let layout = network.layout
    guard state.parameters.count == layout.count, state.mean.count == layout.count,
      state.square.count == layout.count
    else {
      throw LearningError("there are \(state.parameters.count) parameters, not \(layout.count)")
    }
    self.network = network
    self.known = known
    self.state = state
    trained = try TrainedRanges(
      count: layout.count, frozen: layout.entries.filter { !$0.isTrained }.map(\.range))
    gradients = [Float](repeating: 0, count: layout.count)
  }

  /// One step on a batch of images. If the job cannot make all views, nothing is learned.
  ///
  /// - Parameters:
  ///   - tags: 1 (labelled) or 2 (unlabelled), one per image.
  ///   - targets: the class of each labelled image.
  ///   - job: makes the images' views.
  public mutating func step(
    tags: [Int32], targets: [Int32], job: BatchJob, settings: ObjectiveSettings, adam: Adam
  ) throws(LearningError) -> Step {
    let batch = ObjectiveBatch(rows: tags.count, classes: network.prototypes, known: known)
    guard 1...network.images ~= tags.count else {
      throw LearningError("a batch has \(tags.count) images, not 1 to \(network.images)")
    }
    network.begin(parameters: state.parameters, images: batch.rows, job: job)
    guard job.isComplete else { throw LearningError("an image of the batch cannot be had") }
    let weak = network.forward(view: 0, images: batch.rows, parameters: &state.parameters)
    let strong = network.forward(view: 1, images: batch.rows, parameters: &state.parameters)
    try checkStatistics()
    let objective = try Objective(
      weak: weak.span, strong: strong.span, tags: tags.span, targets: targets.span, batch: batch,
      settings: settings)
    findGradients(objective, weak, strong)
    update(adam)
    state.steps += 1
    return Step(terms: objective.terms, predictions: largest(weak))
  }

  /// A ReLU can hide values that are not numbers; the norm before it cannot.
  private func checkStatistics() throws(LearningError) {
    for entry in network.layout.entries where !entry.isTrained {
      for place in entry.range where !state.parameters[place].isFinite {
        let index = place - entry.range.lowerBound
        throw LearningError("\(entry.parameter.name)[\(index)] is \(state.parameters[place])")
      }
    }
  }

  /// The prototype with the largest logit of each image.
  private func largest(_ logits: [Float]) -> [Int] {
    let width = network.prototypes
    return stride(from: 0, to: logits.count, by: width).map { first in
      var best = 0
      for c in 1..<width where logits[first + c] > logits[first + best] { best = c }
      return best
    }
  }

  private mutating func findGradients(_ objective: Objective, _ weak: [Float], _ strong: [Float]) {
    for i in gradients.indices { gradients[i] = 0 }
    var slopes = [Float](repeating: 0, count: weak.count)
    for view in 0..<2 {
      var slope = slopes.mutableSpan
      _ =
        view == 0
        ? objective.weakGradient(weak.span, into: &slope)
        : objective.strongGradient(weak: weak.span, strong: strong.span, into: &slope)
      network.backward(
        view: view, images: weak.count / network.prototypes, logitGradients: slopes,
        parameters: &state.parameters, gradients: &gradients)
    }
  }

  private mutating func update(_ adam: Adam) {
    var (parameters, mean, square): ([Float], [Float], [Float]) = ([], [], [])
    swap(&parameters, &state.parameters)
    swap(&mean, &state.mean)
    swap(&square, &state.square)
    var parameterSpan = parameters.mutableSpan
    var meanSpan = mean.mutableSpan
    var squareSpan = square.mutableSpan
    _ = adam.update(
      &parameterSpan, gradients: gradients.span, mean: &meanSpan, square: &squareSpan,
      trained: trained)
    state.parameters = parameters
    state.mean = mean
    state.square = square
  }

  /// Of the last step.
  var lastGradients: [Float] { gradients }
}
