/// How well a score tells samples of known classes from samples of novel ones. nil where one of
/// the two is missing.
struct Detection: Sendable {
  /// P(score of a known sample > score of a novel one), ties count half.
  private(set) var auroc: Double?
  /// Area under the open-set classification rate (Dhamija et al. 2018): the share of known
  /// samples that are accepted and right, over the share of novel ones that are accepted.
  private(set) var oscr: Double?

  /// The higher a score, the surer that its sample is of a known class. All must be finite.
  init(score: Span<Float>, label: Span<Int32>, predicted: Span<Int32>, known: Int) {
    let order = (0..<score.count).map { (score: score[$0], sample: $0) }
      .sorted { $0.score > $1.score }
    // Twice the areas, in pairs of a known and a novel sample: integers below 2^53.
    var (knownSeen, rightSeen, novelSeen, accepted, right) = (0, 0, 0, 0, 0)
    var next = 0
    while next < order.count {
      let (knownBefore, rightBefore, novelBefore) = (knownSeen, rightSeen, novelSeen)
      let score = order[next].score
      while next < order.count && order[next].score == score {
        let sample = order[next].sample
        let isKnown = label[sample] < known
        knownSeen += isKnown ? 1 : 0
        rightSeen += isKnown && label[sample] == predicted[sample] ? 1 : 0
        novelSeen += isKnown ? 0 : 1
        next += 1
      }
      accepted += (novelSeen - novelBefore) * (knownBefore + knownSeen)
      right += (novelSeen - novelBefore) * (rightBefore + rightSeen)
    }
    guard knownSeen > 0 && novelSeen > 0 else { return }
    let pairs = 2 * Double(knownSeen) * Double(novelSeen)
    auroc = Double(accepted) / pairs
    oscr = Double(right) / pairs
  }
}
