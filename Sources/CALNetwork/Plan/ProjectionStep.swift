/// Linear forms of all statistics: the features of a statistics neck, before they are scaled.
struct ProjectionStep: Sendable {
  var projection: StatisticsProjection
  var statistics: SlotID
  var features: SlotID

  private static let rowsPerItem = 8
  private var rows: Int { projection.featureCount }
  var items: Int { pieces(rows, of: ProjectionStep.rowsPerItem) }

  /// In double precision: the sums have as many terms as there are statistics, and features of
  /// images of one method differ by little.
  func run(_ item: Int, _ work: Work) {
    let values = work.slot(statistics)
    let count = projection.statisticCount
    let first = item * ProjectionStep.rowsPerItem
    for row in first..<min(first + ProjectionStep.rowsPerItem, rows) {
      let weights = projection.weights(row)
      var sums = SIMD4<Double>()
      var i = 0
      while i + 4 <= count {
        sums += SIMD4(four(values + i)) * SIMD4(four(weights + i))
        i += 4
      }
      var sum = sums.sum() + Double(projection.bias(row))
      while i < count {
        sum += Double(values[i]) * Double(weights[i])
        i += 1
      }
      work.slot(features)[row] = Float(sum)
    }
  }

  private func four(_ values: UnsafePointer<Float>) -> SIMD4<Float> {
    UnsafeRawPointer(values).loadUnaligned(as: SIMD4<Float>.self)
  }
}
