/// Carrying a pruning out.
extension Pruning {
  /// Writes the rows that are left, kept.count x features numbers, from the bank that the pruning
  /// was made for. false if a length is wrong.
  public func merge(
    _ prototypes: Span<Float>, usage: Span<UInt64>, into merged: inout MutableSpan<Float>
  ) -> Bool {
    write(prototypes, usage, into: &merged, keepingLength: true)
  }

  /// The same for one of the optimiser's moments of the prototypes (bank.rows x features numbers
  /// in and kept.count x features out), so that every row that is left keeps its own. The
  /// published code leaves moments where they were while it reorders the prototypes, so that rows
  /// inherit those of others: a `paper` training does not call this.
  ///
  /// The moments of a merged row are the means of those merged, with the weights that the
  /// prototypes have. With one set of weights for both of Adam's moments, no step grows: if
  /// m^2 <= c v holds for each row, it does for the means. Starting a merged row again from 0
  /// would: late in training, when the bias corrections are 1, its first update is 3.2 times the
  /// learning rate in every coordinate, and with a steady gradient a later one 6.6 times.
  public func mergeMoments(
    _ moments: Span<Float>, usage: Span<UInt64>, into merged: inout MutableSpan<Float>
  ) -> Bool {
    write(moments, usage, into: &merged, keepingLength: false)
  }

  /// Copies the rows that stay, or writes their mean with those that they take over.
  private func write(
    _ rows: Span<Float>, _ usage: Span<UInt64>, into merged: inout MutableSpan<Float>,
    keepingLength: Bool
  ) -> Bool {
    guard rows.count == bank.rows * bank.features, usage.count == bank.rows,
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
          merged[i * bank.features + f] = rows[anchor * bank.features + f]
        }
      } else {
        var new = mean(of: [anchor] + absorbed[anchor], rows, usage)
        if keepingLength { new = scaled(new, like: row(anchor, of: rows)) }
        for f in 0..<bank.features { merged[i * bank.features + f] = Float(new[f]) }
      }
    }
    return true
  }

  /// Weighted by usage; published: not weighted.
  private func mean(of group: [Int], _ rows: Span<Float>, _ usage: Span<UInt64>) -> [Double] {
    let weights = group.map { settings.recipe == .paper ? 1 : Double(usage[$0]) }
    let total = weights.reduce(0, +)
    var mean = Array(repeating: 0.0, count: bank.features)
    for (row, weight) in zip(group, weights) {
      for f in 0..<bank.features {
        mean[f] += weight / total * Double(rows[row * bank.features + f])
      }
    }
    return mean
  }

  /// Published: at length 1, so a merged row's logits jump to another scale than those of its
  /// neighbours. Default: at the anchor's own length.
  private func scaled(_ mean: [Double], like own: [Double]) -> [Double] {
    let length = Pruning.length(mean)
    // Opposite rows can cancel. The published code divides by at least 1e-12; here the anchor
    // stays as it is.
    if settings.recipe == .paper { return mean.map { $0 / max(length, 1e-12) } }
    if length <= 1e-6 * Pruning.length(own) { return own }
    let scale = Pruning.length(own) / length
    return mean.map { $0 * scale }
  }

  private func row(_ row: Int, of rows: Span<Float>) -> [Double] {
    (0..<bank.features).map { Double(rows[row * bank.features + $0]) }
  }

  private static func length(_ vector: [Double]) -> Double {
    vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}
