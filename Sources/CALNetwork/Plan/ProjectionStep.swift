/// Linear forms of all statistics: the features of a statistics neck, before they are scaled.
struct ProjectionStep: Sendable {
  var statistics: SlotID
  var count: Int
  var features: SlotID
  var featureCount: Int
  /// A row of `count` for each feature, then the biases.
  var weights: FloatMemory

  private static let rowsPerItem = 8
  var items: Int { (featureCount + ProjectionStep.rowsPerItem - 1) / ProjectionStep.rowsPerItem }

  /// In double precision: the sums have as many terms as there are statistics, and features of
  /// images of one method differ by little.
  func run(_ item: Int, _ work: Work) {
    let values = work.slot(statistics)
    let first = item * ProjectionStep.rowsPerItem
    for row in first..<min(first + ProjectionStep.rowsPerItem, featureCount) {
      let weights = weights.base + row * count
      var sums = SIMD4<Double>()
      var i = 0
      while i + 4 <= count {
        sums += SIMD4(four(values + i)) * SIMD4(four(weights + i))
        i += 4
      }
      var sum = sums.sum() + Double(self.weights.base[featureCount * count + row])
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
