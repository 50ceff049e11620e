import CALModel

/// Features, or means of them, as rows of one matrix.
struct FeatureRows: Sendable {
  let width: Int
  private(set) var values: [Float] = []

  init(width: Int) { self.width = width }

  var count: Int { values.count / width }

  mutating func append(_ row: [Float]) { values.append(contentsOf: row) }

  /// At length 1: what matters for discovery is where features point to, whether the head goes
  /// by length or not. A row without a direction stays 0.
  mutating func append(direction feature: [Float]) {
    let length = feature.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let scale = length > 0 ? 1 / length : 0
    values.reserveCapacity(values.count + width)
    for value in feature { values.append(Float(Double(value) * scale)) }
  }

  subscript(row: Int) -> [Float] { Array(values[row * width..<(row + 1) * width]) }

  /// Row `row` of this one times row `other` of another one.
  func dot(_ row: Int, _ others: FeatureRows, _ other: Int) -> Float {
    CALModel.dot(
      values.span.extracting(row * width..<(row + 1) * width),
      others.values.span.extracting(other * width..<(other + 1) * width))
  }
}

/// A sum of rows and their number: the mean of a group, as long as it grows.
struct RowSum: Sendable {
  private(set) var sum: [Double]
  private(set) var count = 0

  init(width: Int) { sum = Array(repeating: 0, count: width) }

  mutating func add(_ row: Int, of rows: FeatureRows) {
    let start = row * rows.width
    for f in 0..<rows.width { sum[f] += Double(rows.values[start + f]) }
    count += 1
  }

  mutating func add(_ other: RowSum) {
    for f in sum.indices { sum[f] += other.sum[f] }
    count += other.count
  }

  /// nil for the mean of nothing.
  var mean: [Float]? {
    guard count > 0 else { return nil }
    return sum.map { Float($0 / Double(count)) }
  }
}
