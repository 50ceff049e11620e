/// How sure the network is of the images that it predicts alike in both views. Adds up over the
/// batches of an epoch.
public struct Confidence: Sendable, Equatable {
  /// Sum of the largest weak-view probabilities of the images predicted as a known class.
  public var sumKnown = 0.0
  public var sumNovel = 0.0
  public var countKnown: UInt64 = 0
  public var countNovel: UInt64 = 0

  public init() {}

  package mutating func add(_ probability: Double, isKnown: Bool) {
    if isKnown {
      sumKnown += probability
      countKnown += 1
    } else {
      sumNovel += probability
      countNovel += 1
    }
  }
}

extension ObjectiveSettings {
  /// gamma_n for the next epoch: gamma, scaled by how sure the network is of novel predictions
  /// compared with known ones (docs/METHOD.md, "Thresholds").
  ///
  /// Without predictions of both kinds there is no quotient, and gamma_n stays what it is.
  public func nextNovelThreshold(_ confidence: Confidence) throws(LearningError) -> Double {
    try check()
    let known = try mean(confidence.sumKnown, confidence.countKnown, "known")
    let novel = try mean(confidence.sumNovel, confidence.countNovel, "novel")
    guard let known, let novel else { return allowed(currentNovelThreshold) }
    return allowed(gamma * min(max(novel / known, 0.1), 10))
  }

  /// The published clamp lets gamma_n exceed 1, where it selects nothing at all.
  private func allowed(_ threshold: Double) -> Double {
    recipe == .paper ? threshold : min(max(threshold, currentFloor), gamma)
  }

  /// nil for the mean of nothing.
  private func mean(_ sum: Double, _ count: UInt64, _ name: String) throws(LearningError)
    -> Double?
  {
    guard sum.isFinite, sum >= 0 else {
      throw LearningError("sum_\(name) is \(sum), not a sum of probabilities")
    }
    guard count > 0 else { return nil }
    guard sum > 0 else {
      throw LearningError("sum_\(name) is 0, but count_\(name) is \(count)")
    }
    return sum / Double(count)
  }
}
