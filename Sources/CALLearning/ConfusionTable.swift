/// counts[label][predicted], for all ids or for those labels and predictions that occur.
struct ConfusionTable: Sendable {
  /// The ids that rows and columns stand for, rising.
  let labels: [Int]
  let predictions: [Int]
  /// Row by row.
  private(set) var counts: [UInt32]

  /// Of all ids from 0 to classes - 1, which all numbers must be.
  init(classes: Int, label: Span<Int32>, predicted: Span<Int32>) {
    labels = Array(0..<classes)
    predictions = labels
    counts = Array(repeating: 0, count: classes * classes)
    for i in 0..<label.count { counts[Int(label[i]) * classes + Int(predicted[i])] += 1 }
  }

  private init(labels: [Int], predictions: [Int], of table: ConfusionTable) {
    self.labels = labels
    self.predictions = predictions
    counts = []
    counts.reserveCapacity(labels.count * predictions.count)
    for label in labels { for predicted in predictions { counts.append(table[label, predicted]) } }
  }

  subscript(row: Int, column: Int) -> UInt32 { counts[row * predictions.count + column] }

  /// Of a table of all ids, the part with these labels and predictions, without empty rows and
  /// columns. Matchings and partitions do not depend on those.
  func part(labels: Range<Int>, predictions: Range<Int>) -> ConfusionTable {
    let rows = labels.filter { row in predictions.contains { self[row, $0] > 0 } }
    let columns = predictions.filter { column in rows.contains { self[$0, column] > 0 } }
    return ConfusionTable(labels: rows, predictions: columns, of: self)
  }

  var total: Int { counts.reduce(0) { $0 + Int($1) } }

  var rowTotals: [Int] {
    labels.indices.map { row in
      predictions.indices.reduce(0) { $0 + Int(self[row, $1]) }
    }
  }

  var columnTotals: [Int] {
    predictions.indices.map { column in
      labels.indices.reduce(0) { $0 + Int(self[$1, column]) }
    }
  }

  /// The one-to-one matching of labels to predictions with the largest sum of `weight`, as the
  /// matched cells.
  func matching(_ weight: (_ row: Int, _ column: Int) -> Double) -> [(row: Int, column: Int)] {
    Matching.maximum(rows: labels.count, columns: predictions.count, weight: weight)
      .enumerated().filter { $0.element >= 0 }.map { (row: $0.offset, column: $0.element) }
  }
}
