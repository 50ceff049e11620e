/// Vectors of the same number of features, as rows of one matrix.
package struct FloatRows: Sendable {
  package let width: Int
  package private(set) var values: [Float] = []

  package init(width: Int) { self.width = width }

  /// `vectors` must all have the same length.
  package init(_ vectors: [[Float]]) { self.init(vectors[...]) }

  // Concrete types, because other modules get no specialised copies of generic functions.
  package init(_ vectors: ArraySlice<[Float]>) {
    self.init(width: vectors.first?.count ?? 0)
    reserve(vectors.count)
    for vector in vectors { append(vector) }
  }

  package var count: Int { width > 0 ? values.count / width : 0 }

  package mutating func reserve(_ rows: Int) { values.reserveCapacity(rows * width) }

  package mutating func append(_ row: [Float]) { values.append(contentsOf: row) }

  /// At length 1. A row without a direction stays 0.
  package mutating func append(direction row: [Float]) {
    let square = row.reduce(0.0) { $0 + Double($1) * Double($1) }
    let scale = square > 0 ? 1 / square.squareRoot() : 0
    values.append(contentsOf: row.map { Float(Double($0) * scale) })
  }

  package subscript(row: Int) -> [Float] { Array(values[row * width..<(row + 1) * width]) }

  package func picking(_ rows: [Int]) -> FloatRows {
    var picked = FloatRows(width: width)
    picked.reserve(rows.count)
    for row in rows { picked.values += values[row * width..<(row + 1) * width] }
    return picked
  }

  /// Columns as rows.
  package var transposed: FloatRows {
    var columns = FloatRows(width: count)
    let (rows, width) = (count, width)
    columns.values = Array(unsafeUninitializedCapacity: rows * width) { to, filled in
      values.withUnsafeBufferPointer { from in
        // A cache line of each row at a time.
        for first in stride(from: 0, to: width, by: 16) {
          for row in 0..<rows {
            for f in first..<min(first + 16, width) { to[f * rows + row] = from[row * width + f] }
          }
        }
      }
      filled = rows * width
    }
    return columns
  }

  /// These rows times all rows of another matrix of the same width: rows.count x others.count.
  package func products(_ rows: Range<Int>, _ others: FloatRows) -> [Float] {
    rowProducts(
      values.span.extracting(rows.lowerBound * width..<rows.upperBound * width),
      others.values.span, width: width)
  }

  /// Ranges of so many rows, which together are all rows: enough for a product to be fast, few
  /// enough for its result to be small.
  package var blocks: [Range<Int>] {
    stride(from: 0, to: count, by: 256).map { $0..<min($0 + 256, count) }
  }
}

/// A sum of rows and their number: the mean of a group, as long as it grows.
package struct RowSum: Sendable {
  private var sum: [Double]
  package private(set) var count = 0

  package init(width: Int) { sum = Array(repeating: 0, count: width) }

  package mutating func add(_ row: Int, of rows: FloatRows) {
    let start = row * rows.width
    sum.withUnsafeMutableBufferPointer { sum in
      rows.values.withUnsafeBufferPointer { values in
        for f in 0..<sum.count { sum[f] += Double(values[start + f]) }
      }
    }
    count += 1
  }

  /// Adds a row at length 1, unless it has no direction; it counts all the same.
  package mutating func add(direction row: [Float]) {
    var one = FloatRows(width: row.count)
    one.append(direction: row)
    add(0, of: one)
  }

  /// nil for the mean of nothing.
  package var mean: [Float]? {
    guard count > 0 else { return nil }
    return sum.map { Float($0 / Double(count)) }
  }
}
