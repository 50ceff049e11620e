#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// How well predictions agree with labels. All 0 without samples.
public struct Agreement: Sendable, Equatable {
  /// Share of the samples that are right, by the rule of the field that holds this.
  public internal(set) var acc = 0.0
  /// Normalised mutual information, by the arithmetic mean of the entropies.
  public internal(set) var nmi = 0.0
  /// Adjusted Rand index.
  public internal(set) var ari = 0.0
}

extension Agreement {
  /// `part` has no empty rows or columns.
  init(hits: Int, of part: ConfusionTable) {
    let total = part.total
    guard total > 0 else { return }
    acc = Double(hits) / Double(total)
    nmi = Agreement.mutualInformation(part, total)
    ari = Agreement.adjustedRand(part)
  }

  /// I(label; predicted) / ((H(label) + H(predicted)) / 2); 1 if both are one single group.
  private static func mutualInformation(_ part: ConfusionTable, _ total: Int) -> Double {
    let rows = part.rowTotals
    let columns = part.columnTotals
    if rows.count == 1 && columns.count == 1 { return 1 }
    let n = Double(total)
    var information = 0.0
    for row in rows.indices {
      for column in columns.indices where part[row, column] > 0 {
        let count = Double(part[row, column])
        information += count / n * log(count * n / (Double(rows[row]) * Double(columns[column])))
      }
    }
    guard information > .ulpOfOne else { return 0 }
    return min(information / ((entropy(rows, n) + entropy(columns, n)) / 2), 1)
  }

  private static func entropy(_ totals: [Int], _ n: Double) -> Double {
    totals.reduce(0) { $0 - Double($1) / n * log(Double($1) / n) }
  }

  /// From the four counts of ordered pairs: together in both, in one only, in neither. They are
  /// integers below 2^48, so their products fit 128 bits and nothing is rounded before the end.
  private static func adjustedRand(_ part: ConfusionTable) -> Double {
    let total = Int128(part.total)
    let both = part.counts.reduce(Int128(0)) { $0 + square(Int($1)) }
    let byLabel = part.rowTotals.reduce(Int128(0)) { $0 + square($1) }
    let byPrediction = part.columnTotals.reduce(Int128(0)) { $0 + square($1) }
    let together = both - total
    let labelOnly = byLabel - both
    let predictionOnly = byPrediction - both
    let apart = total * total + both - byLabel - byPrediction
    if labelOnly == 0 && predictionOnly == 0 { return 1 }
    let above = 2 * (together * apart - labelOnly * predictionOnly)
    let below =
      (together + labelOnly) * (labelOnly + apart)
      + (together + predictionOnly) * (predictionOnly + apart)
    return Double(above) / Double(below)
  }

  private static func square(_ count: Int) -> Int128 { Int128(count) * Int128(count) }
}
