import CALNetwork

/// Where on the last map's grid the logit of one prototype comes from, behind a statistics neck.
///
/// The logit is sum_j w_j r_j + b, divided by the features' length, with r_j the square root of a
/// mean or of a standard deviation of map values a(x) over N positions x. Both are sums over
/// positions:
///
///     sqrt(mean) = sum_x a(x) / (N sqrt(mean))
///     sqrt(deviation) = sum_x (a(x) - mean)^2 / (N deviation^(3/2))
///
/// so every position of every map has its part of the logit. Parts of larger maps are added up over
/// the cell of the last map that they lie in; b is spread evenly. The values sum to the logit, but
/// for rounding.
public struct StatisticsEvidence {
  /// Parts by cell, before the division by the length.
  private var cells: [Double]
  private let side: Int
  /// r_j, and w_j, b and the features' length.
  private let roots: [Double]
  private let form: StatisticsProjection.Form

  /// Of the prototype in this row of the bank's; nil if a length does not fit.
  public init?(
    _ projection: StatisticsProjection, _ model: Model, row: Int, statistics: Span<Float>
  ) {
    let (spec, bank) = (model.spec, model.bank)
    guard bank.active.indices.contains(row) else { return nil }
    roots = statistics.indices.map { Double(statistics[$0]) }
    let first = row * bank.featureCount
    guard
      let form = projection.form(bank.matrix[first..<first + bank.featureCount], at: roots)
    else { return nil }
    self.form = form
    side = spec.mapSize
    cells = Array(repeating: 0, count: side * side)
  }

  public mutating func add(_ map: StatisticsMap, _ values: Span<Float>) {
    let positions = Double(map.side * map.side)
    for c in 0..<map.channels {
      let (mean, deviation) = (map.first + c, map.first + map.channels + c)
      let ofMean = roots[mean] > 0 ? form.weights[mean] / (positions * roots[mean]) : 0
      let cube = roots[deviation] * roots[deviation] * roots[deviation]
      let ofDeviation = cube > 0 ? form.weights[deviation] / (positions * cube) : 0
      let centre = roots[mean] * roots[mean]
      for y in 0..<map.side {
        for x in 0..<map.side {
          let value = Double(values[(y * map.side + x) * map.stride + c])
          let offset = value - centre
          cells[y * side / map.side * side + x * side / map.side] +=
            ofMean * value + ofDeviation * offset * offset
        }
      }
    }
  }

  /// A value for each position of the last map; all 0 if the features are.
  public var values: [Float] {
    let share = form.constant / Double(cells.count)
    return cells.map { form.length > 0 ? Float(($0 + share) / form.length) : 0 }
  }
}
