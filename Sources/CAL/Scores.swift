import CALModel
import CCal

/// Scratch for one image's logits and what follows from them. Row r of everything here belongs
/// to entry `active[r]` of the bank. Made with a session; filling it allocates nothing.
struct Scores {
  private(set) var logits: [Float]
  private(set) var probabilities: [Float]
  /// Rows, the best first.
  private(set) var order: [Int32]

  init(_ bank: Bank) {
    let rows = bank.active.count
    logits = Array(repeating: 0, count: rows)
    // Not a copy of `logits`: the two would share memory, and the first fill allocate.
    probabilities = Array(repeating: 0, count: rows)
    order = Array(repeating: 0, count: rows)
  }

  mutating func fillLogits(_ features: Span<Float>, _ bank: Bank) throws(Failure) {
    for i in 0..<features.count where !features[i].isFinite {
      throw Failure(CAL_ERR_NUMERIC, "the network gave \(features[i]) as feature \(i)")
    }
    var logits = logits.mutableSpan
    guard bank.logits(of: features, into: &logits) else {
      throw Failure(CAL_ERR_NUMERIC, "the logit of a prototype is not finite")
    }
  }

  /// Fills everything, but of `order` only the first `top`.
  mutating func fill(
    _ features: Span<Float>, _ bank: Bank, _ decision: Decision, top: Int
  ) throws(Failure) {
    try fillLogits(features, bank)
    let fits = CAL.fill(&probabilities, &order, logits, bank, decision, top: top)
    guard fits else { throw Failure(CAL_ERR_INTERNAL, "scratch does not fit the bank") }
  }

  /// By cal.h's rule.
  func verdict(_ bank: Bank, _ decision: Decision) -> Verdict {
    let best = Int(order[0])
    let kind = bank.prototypes[bank.active[best]].kind
    return decision.verdict(top: kind, probability: probabilities[best])
  }

  func score(rank: Int, _ bank: Bank) -> cal_score {
    let row = Int(order[rank])
    let entry = bank.active[row]
    return cal_score(
      id: bank.prototypes[entry].id, kind: bank.prototypes[entry].kind.rawValue,
      index: UInt32(entry), logit: logits[row], probability: probabilities[row])
  }
}

/// Its own function, because spans of two properties cannot be borrowed from `self` at once.
private func fill(
  _ probabilities: inout [Float], _ order: inout [Int32], _ logits: [Float], _ bank: Bank,
  _ decision: Decision, top: Int
) -> Bool {
  var probabilities = probabilities.mutableSpan
  var order = order.mutableSpan
  return decision.probabilities(of: logits.span, into: &probabilities)
    && bank.rank(logits.span, top: top, into: &order)
}
