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
  /// Parts by cell, before the division by `length`.
  private var cells: [Double]
  private let side: Int
  /// w_j and r_j.
  private let weights: [Double]
  private let roots: [Double]
  private let constant: Double
  private let length: Double

  /// nil if a length does not fit.
  public init?(_ model: Model, row: Int, statistics: Span<Float>) {
    let (spec, bank) = (model.spec, model.bank)
    let count = spec.statisticCount
    let tensors = spec.parameters.filter { $0.name.hasPrefix(NetworkSpec.projection) }
      .map(model.values(of:))
    guard bank.active.indices.contains(row), statistics.count == count, tensors.count == 2,
      tensors[0].count == bank.featureCount * count, tensors[1].count == bank.featureCount
    else { return nil }
    let roots = (0..<count).map { Double(statistics[$0]) }
    var weights = Array(repeating: 0.0, count: count)
    var (constant, square) = (0.0, 0.0)
    for f in 0..<bank.featureCount {
      let scale = Double(bank.matrix[row * bank.featureCount + f])
      var feature = Double(tensors[1][f])
      constant += scale * feature
      for j in 0..<count {
        let weight = Double(tensors[0][f * count + j])
        weights[j] += scale * weight
        feature += weight * roots[j]
      }
      square += feature * feature
    }
    self.roots = roots
    self.weights = weights
    self.constant = constant
    length = square.squareRoot()
    side = spec.mapSize
    cells = Array(repeating: 0, count: side * side)
  }

  public mutating func add(_ map: StatisticsMap, _ values: Span<Float>) {
    let positions = Double(map.side * map.side)
    for c in 0..<map.channels {
      let (mean, deviation) = (map.first + c, map.first + map.channels + c)
      let ofMean = roots[mean] > 0 ? weights[mean] / (positions * roots[mean]) : 0
      let cube = roots[deviation] * roots[deviation] * roots[deviation]
      let ofDeviation = cube > 0 ? weights[deviation] / (positions * cube) : 0
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
    let share = constant / Double(cells.count)
    return cells.map { length > 0 ? Float(($0 + share) / length) : 0 }
  }
}
