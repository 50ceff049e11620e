/// What discovery knows of each image: a row of `width` numbers.
public struct DescriptorMatrix: Sendable {
  public let rows: Int
  public let width: Int
  var values: [Float]

  /// Enough for a small network; covariances grow with its square.
  public static let maximumWidth = 1024

  /// Of so many images with `count` statistics each; rows are zero until they are set, and have
  /// `most` numbers at most.
  public init(rows: Int, statistics count: Int, most: Int = maximumWidth) {
    self.rows = rows
    width = min(count, most)
    values = Array(repeating: 0, count: rows * width)
  }

  /// An image's statistics. Of many, each goes with a sign of its own into one of `width` sums, both
  /// taken from a hash of its place: the count sketch (M. Charikar, K. Chen, M. Farach-Colton,
  /// "Finding frequent items in data streams", 2002), which keeps inner products in expectation.
  public mutating func set(row: Int, statistics: Span<Float>) {
    let first = row * width
    guard statistics.count > width else {
      for c in 0..<statistics.count { values[first + c] = statistics[c] }
      return
    }
    for c in 0..<width { values[first + c] = 0 }
    for c in 0..<statistics.count {
      let (column, isNegative) = DescriptorMatrix.place(of: c, width: width)
      values[first + column] += isNegative ? -statistics[c] : statistics[c]
    }
  }

  /// Where the sketch adds a statistic, and whether with a minus.
  static func place(of statistic: Int, width: Int) -> (column: Int, isNegative: Bool) {
    let hash = mixed(UInt64(statistic))
    return (Int((hash >> 1) % UInt64(width)), hash & 1 != 0)
  }
}
