/// The sizes of one batch: `rows` images with `classes` logits each, the first `known` of which
/// belong to the known classes.
public struct ObjectiveBatch: Sendable, Equatable {
  public var rows: Int
  public var classes: Int
  public var known: Int

  /// Values of a row's tag.
  public static let labelled: Int32 = 1
  public static let unlabelled: Int32 = 2
  /// Unlabelled, but its target is taken for its label by ACR.
  public static let pseudoLabelled: Int32 = 3

  public init(rows: Int, classes: Int, known: Int) {
    self.rows = rows
    self.classes = classes
    self.known = known
  }

  public func check() throws(LearningError) {
    try CALLearning.check(rows, in: 1...LearningLimit.samples, "rows")
    try CALLearning.check(classes, in: 1...LearningLimit.classes, "classes")
    guard 0...classes ~= known else {
      throw LearningError("known is \(known), but there are \(classes) classes")
    }
  }

  /// Targets of unlabelled rows are not looked at.
  func rows(tags: Span<Int32>, targets: Span<Int32>) throws(LearningError) -> [Objective.Row] {
    guard tags.count == rows else {
      throw LearningError("tag has \(tags.count) numbers, not \(rows)")
    }
    guard targets.count == rows || targets.isEmpty else {
      throw LearningError("target has \(targets.count) numbers, not \(rows)")
    }
    var made = Array(repeating: Objective.Row(), count: rows)
    for i in 0..<rows where tags[i] != ObjectiveBatch.unlabelled {
      let isLabelled = tags[i] == ObjectiveBatch.labelled
      guard isLabelled || tags[i] == ObjectiveBatch.pseudoLabelled else {
        throw LearningError(
          "tag[\(i)] is \(tags[i]), not 1 (labelled), 2 (unlabelled) or 3 (pseudo-labelled)")
      }
      guard !targets.isEmpty else {
        throw LearningError(
          "tag[\(i)] is \(tags[i]) (\(isLabelled ? "" : "pseudo-")labelled), "
            + "but there are no targets")
      }
      guard targets[i] >= 0, Int(targets[i]) < (isLabelled ? known : classes) else {
        throw LearningError(
          "target[\(i)] is \(targets[i]), but "
            + (isLabelled ? "known is \(known)" : "there are \(classes) classes"))
      }
      if isLabelled {
        made[i].target = Int(targets[i])
      } else {
        made[i].pseudoLabel = Int(targets[i])
      }
    }
    return made
  }
}
