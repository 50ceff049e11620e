/// Why an objective, a pruning, a metric or a training could not be computed: one sentence that
/// names the value at fault, "weak[3][7] is nan".
public struct LearningError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  package init(_ description: String) {
    self.description = description
  }
}

/// Throws unless `value` lies in `range`; NaN lies in no range.
package func check(
  _ value: Double, in range: ClosedRange<Double>, _ name: String
) throws(LearningError) {
  guard range.contains(value) else {
    throw LearningError("\(name) is \(value), not \(range.lowerBound) to \(range.upperBound)")
  }
}

package func check(
  _ value: Int, in range: ClosedRange<Int>, _ name: String
) throws(LearningError) {
  guard range.contains(value) else {
    throw LearningError("\(name) is \(value), not \(range.lowerBound) to \(range.upperBound)")
  }
}

/// Throws unless `values` is a matrix of this size, row by row, with finite numbers only.
func checkMatrix(
  _ values: Span<Float>, rows: Int, columns: Int, _ name: String
) throws(LearningError) {
  guard values.count == rows * columns else {
    throw LearningError("\(name) has \(values.count) numbers, not \(rows) x \(columns)")
  }
  for i in 0..<values.count where !values[i].isFinite {
    throw LearningError("\(name)[\(i / columns)][\(i % columns)] is \(values[i])")
  }
}
