import CALTestSupport

@testable import CALLearning

/// One batch as arrays.
struct ObjectiveCase {
  var batch: ObjectiveBatch
  var settings = ObjectiveSettings()
  var weak: [Float]
  var strong: [Float]
  var tags: [Int32]
  var targets: [Int32]

  func objective() throws(LearningError) -> Objective {
    try Objective(
      weak: weak.span, strong: strong.span, tags: tags.span, targets: targets.span, batch: batch,
      settings: settings)
  }

  func gradients() throws -> (weak: [Float], strong: [Float]) {
    let objective = try objective()
    var weakGradient = [Float](repeating: .nan, count: weak.count)
    var strongGradient = weakGradient
    var span = weakGradient.mutableSpan
    guard objective.weakGradient(weak.span, into: &span) else { throw WrongSize() }
    span = strongGradient.mutableSpan
    guard objective.strongGradient(weak: weak.span, strong: strong.span, into: &span) else {
      throw WrongSize()
    }
    return (weakGradient, strongGradient)
  }

  struct WrongSize: Error {}

  /// Random logits, tags and targets. With `known` 0 no row can be labelled. Tags reach up to
  /// `lastTag`.
  static func random(
    _ seed: UInt64, rows: Int, classes: Int, known: Int, scale: Float = 4, lastTag: Int32 = 2
  ) -> ObjectiveCase {
    var chance = Chance(seed: seed)
    let logits = chance.floats(2 * rows * classes, in: -scale...scale)
    let tags: [Int32] = (0..<rows).map { _ in
      Int32.random(in: (known == 0 ? 2 : 1)...lastTag, using: &chance)
    }
    let targets: [Int32] = tags.map { tag in
      tag == 2 ? -7 : Int32.random(in: 0..<Int32(tag == 1 ? known : classes), using: &chance)
    }
    return ObjectiveCase(
      batch: .init(rows: rows, classes: classes, known: known),
      weak: Array(logits[..<(rows * classes)]), strong: Array(logits[(rows * classes)...]),
      tags: tags, targets: targets)
  }
}
