import CALLearning
import CALModel

/// Whether and how a model's prototypes explain images' features.
public struct Explainer: Sendable {
  public struct Answer: Sendable, Equatable {
    /// Of the top prototype.
    public var id: UInt64
    public var probability: Float
    /// Whether the model's own rule comes to a verdict (cal.h, VERDICT).
    public var isExplained: Bool
  }

  private let bank: Bank
  private let decision: Decision

  /// Images whose logits are computed together.
  private static let block = 256

  public init(_ model: Model) { self.init(bank: model.bank, decision: model.decision) }

  init(bank: Bank, decision: Decision) {
    self.bank = bank
    self.decision = decision
  }

  /// For each row of `features`, with the bits that attribution gives it; nil for one that gives a
  /// logit that is not finite, as every row does that has such a number.
  public func answers(_ features: Span<Float>) -> [Answer?] {
    let (width, classes) = (bank.featureCount, bank.active.count)
    let images = features.count / width
    var probabilities = [Float](repeating: 0, count: classes)
    var answers: [Answer?] = []
    answers.reserveCapacity(images)
    for first in stride(from: 0, to: images, by: Explainer.block) {
      let end = min(first + Explainer.block, images)
      let logits = rowProducts(
        features.extracting(first * width..<end * width), bank.matrix.span, width: width)
      for image in 0..<end - first {
        let own = logits.span.extracting(image * classes..<(image + 1) * classes)
        answers.append(answer(own, &probabilities))
      }
    }
    return answers
  }

  /// The same for features that do not stand one after the other.
  func answers(_ features: [[Float]]) -> [Answer?] {
    var answers: [Answer?] = []
    answers.reserveCapacity(features.count)
    for first in stride(from: 0, to: features.count, by: Explainer.block) {
      let end = min(first + Explainer.block, features.count)
      answers += self.answers(FloatRows(features[first..<end]).values.span)
    }
    return answers
  }

  private func answer(_ logits: Span<Float>, _ probabilities: inout [Float]) -> Answer? {
    for row in 0..<logits.count where !logits[row].isFinite { return nil }
    var span = probabilities.mutableSpan
    guard decision.probabilities(of: logits, into: &span) else { return nil }
    let top = bank.best(logits)
    let (prototype, probability) = (bank.prototypes[bank.active[top]], probabilities[top])
    let verdict = decision.verdict(top: prototype.kind, probability: probability)
    return Answer(
      id: prototype.id, probability: probability, isExplained: verdict != .undetermined)
  }
}
