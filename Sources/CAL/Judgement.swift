import CALModel
import CCal

extension Worker {
  /// From a feature vector to the rest of an image's result and the caller's buffers, which are
  /// only written when nothing more can fail. Allocates nothing.
  func judge(
    _ features: Span<Float>, _ model: Model, _ decision: Decision, _ result: inout cal_result
  ) throws(Failure) {
    try score(features, model.bank, decision, top: max(Int(result.ranked_capacity), 1))
    let bank = model.bank
    let best = Int(order[0])
    let verdict = decision.verdict(
      top: bank.prototypes[bank.active[best]].kind, probability: probabilities[best])

    result.status = cal_status(CAL_OK)
    result.clearError()
    result.verdict = verdict.rawValue
    result.known_threshold = decision.knownThreshold
    result.novel_threshold = decision.novelThreshold
    result.bank_epoch = bank.epoch
    result.ranked_count = writeRanked(bank, result)
    if result.feature_capacity > 0, let target = result.features {
      features.withUnsafeBytes { features in
        UnsafeMutableRawBufferPointer(start: target, count: features.count)
          .copyMemory(from: features)
      }
    }
  }

  /// The logit of one prototype in use, the same bits as in a ranking.
  func logit(of features: Span<Float>, _ bank: Bank, row: Int) throws(Failure) -> Float {
    try fillLogits(features, bank)
    return logits[row]
  }

  private func fillLogits(_ features: Span<Float>, _ bank: Bank) throws(Failure) {
    for i in 0..<features.count where !features[i].isFinite {
      throw Failure(CAL_ERR_NUMERIC, "the network gave \(features[i]) as feature \(i)")
    }
    var logits = logits.mutableSpan
    guard bank.logits(of: features, into: &logits) else {
      throw Failure(CAL_ERR_NUMERIC, "the logit of a prototype is not finite")
    }
  }

  /// Fills `logits`, `probabilities`, and the first `top` of `order`.
  private func score(
    _ features: Span<Float>, _ bank: Bank, _ decision: Decision, top: Int
  ) throws(Failure) {
    try fillLogits(features, bank)
    var probabilities = probabilities.mutableSpan
    var order = order.mutableSpan
    guard decision.probabilities(of: logits.span, into: &probabilities),
      bank.rank(logits.span, top: top, into: &order)
    else { throw Failure(CAL_ERR_INTERNAL, "scratch does not fit the bank") }
  }

  private func writeRanked(_ bank: Bank, _ result: cal_result) -> UInt32 {
    guard let ranked = result.ranked else { return 0 }
    let count = min(Int(result.ranked_capacity), bank.active.count)
    let target = UnsafeMutableRawPointer(ranked)
    for rank in 0..<count {
      let row = Int(order[rank])
      let entry = bank.active[row]
      let score = cal_score(
        id: bank.prototypes[entry].id, kind: bank.prototypes[entry].kind.rawValue,
        index: UInt32(entry), logit: logits[row], probability: probabilities[row])
      target.storeBytes(
        of: score, toByteOffset: rank * MemoryLayout<cal_score>.stride, as: cal_score.self)
    }
    return UInt32(count)
  }
}
