import CALModel

/// Whether and how a model's prototypes explain an image's features.
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
  private var logits: [Float]
  private var probabilities: [Float]
  private var order: [Int32]

  public init(_ model: Model) { self.init(bank: model.bank, decision: model.decision) }

  init(bank: Bank, decision: Decision) {
    self.bank = bank
    self.decision = decision
    logits = Array(repeating: 0, count: bank.active.count)
    probabilities = logits
    order = Array(repeating: 0, count: logits.count)
  }

  /// nil if the features have the wrong number or give a logit that is not finite.
  public mutating func explain(_ feature: Span<Float>) -> Answer? {
    guard let top = fill(&logits, &probabilities, &order, feature, bank, decision) else {
      return nil
    }
    let prototype = bank.prototypes[bank.active[top]]
    let verdict = decision.verdict(top: prototype.kind, probability: probabilities[top])
    return Answer(
      id: prototype.id, probability: probabilities[top], isExplained: verdict != .undetermined)
  }
}

/// The top row. Its own function, because spans of several properties cannot be borrowed from
/// `self` at once.
private func fill(
  _ logits: inout [Float], _ probabilities: inout [Float], _ order: inout [Int32],
  _ feature: Span<Float>, _ bank: Bank, _ decision: Decision
) -> Int? {
  var logits = logits.mutableSpan
  var probabilities = probabilities.mutableSpan
  var order = order.mutableSpan
  guard bank.logits(of: feature, into: &logits),
    decision.probabilities(of: logits.span, into: &probabilities),
    bank.rank(logits.span, top: 1, into: &order)
  else { return nil }
  return Int(order[0])
}
