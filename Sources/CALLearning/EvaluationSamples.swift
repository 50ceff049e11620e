/// The sizes of an evaluation: `count` samples whose labels and predictions are ids from 0 to
/// classes - 1, those below `known` being the known classes.
public struct EvaluationSamples: Sendable, Equatable {
  public var count: Int
  public var classes: Int
  public var known: Int

  public init(count: Int, classes: Int, known: Int) {
    self.count = count
    self.classes = classes
    self.known = known
  }

  public func check() throws(LearningError) {
    try CALLearning.check(count, in: 1...LearningLimit.samples, "count")
    try CALLearning.check(classes, in: 1...LearningLimit.classes, "classes")
    guard 0...classes ~= known else {
      throw LearningError("known is \(known), but there are \(classes) classes")
    }
  }

  func check(
    label: Span<Int32>, predicted: Span<Int32>, score: Span<Float>
  ) throws(LearningError) {
    try check()
    try checkIDs(label, "label")
    try checkIDs(predicted, "predicted")
    guard score.count == count || score.isEmpty else {
      throw LearningError("score has \(score.count) numbers, not \(count)")
    }
    for i in 0..<score.count where !score[i].isFinite {
      throw LearningError("score[\(i)] is \(score[i])")
    }
  }

  private func checkIDs(_ ids: Span<Int32>, _ name: String) throws(LearningError) {
    guard ids.count == count else {
      throw LearningError("\(name) has \(ids.count) numbers, not \(count)")
    }
    for i in 0..<count where ids[i] < 0 || ids[i] >= classes {
      throw LearningError("\(name)[\(i)] is \(ids[i]), not 0 to \(classes - 1)")
    }
  }
}
