/// Carrying a pruning out.
extension Pruning {
  /// Writes the rows that are left, kept.count x features numbers, from the bank that the pruning
  /// was made for. false if a length is wrong.
  public func merge(
    _ prototypes: Span<Float>, usage: Span<UInt64>, into merged: inout MutableSpan<Float>
  ) -> Bool {
    guard prototypes.count == bank.rows * bank.features, usage.count == bank.rows,
      merged.count == kept.count * bank.features
    else { return false }
    var absorbed = Array(repeating: [Int](), count: bank.rows)
    for (row, anchor) in mergedInto.enumerated() where row != anchor {
      // Nobody used such a row, so its direction says nothing; the published code counts it as
      // much as any other.
      if settings.recipe == .paper || usage[row] > 0 { absorbed[anchor].append(row) }
    }
    for (i, anchor) in kept.enumerated() {
      if absorbed[anchor].isEmpty {
        for f in 0..<bank.features {
          merged[i * bank.features + f] = prototypes[anchor * bank.features + f]
        }
      } else {
        let mean = mergedRow(anchor, absorbed[anchor], prototypes, usage)
        for f in 0..<bank.features { merged[i * bank.features + f] = Float(mean[f]) }
      }
    }
    return true
  }

  /// Published: the plain mean, at length 1, so a merged row's logits jump to another scale than
  /// those of its neighbours. Default: the mean weighted by usage, at the anchor's own length.
  private func mergedRow(
    _ anchor: Int, _ absorbed: [Int], _ prototypes: Span<Float>, _ usage: Span<UInt64>
  ) -> [Double] {
    let isPaper = settings.recipe == .paper
    let rows = [anchor] + absorbed
    let weights = rows.map { isPaper ? 1 : Double(usage[$0]) }
    let total = weights.reduce(0, +)
    var mean = Array(repeating: 0.0, count: bank.features)
    for (row, weight) in zip(rows, weights) {
      for f in 0..<bank.features {
        mean[f] += weight / total * Double(prototypes[row * bank.features + f])
      }
    }
    let own = (0..<bank.features).map { Double(prototypes[anchor * bank.features + $0]) }
    let length = Pruning.length(mean)
    // Opposite rows can cancel. The published code divides by at least 1e-12; here the anchor
    // stays as it is.
    if isPaper { return mean.map { $0 / max(length, 1e-12) } }
    if length <= 1e-6 * Pruning.length(own) { return own }
    let scale = Pruning.length(own) / length
    return mean.map { $0 * scale }
  }

  private static func length(_ vector: [Double]) -> Double {
    vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}
