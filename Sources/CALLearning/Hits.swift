/// What counts as right in a table of labels and predictions.
extension ConfusionTable {
  /// Samples whose prediction is their label.
  var equalHits: Int { hits(equalCells) }

  /// Sum over the labels of the share of their samples whose prediction is their label.
  var equalRecalls: Double {
    let totals = rowTotals
    return equalCells.reduce(0) {
      $0 + Double(self[$1.row, $1.column]) / Double(totals[$1.row])
    }
  }

  /// Samples on the id that their label is matched to, with the best matching.
  var mostHits: Int { hits(bestCells) }

  /// The matching with the most hits.
  var bestCells: [(row: Int, column: Int)] { matching { Double(self[$0, $1]) } }

  func hits(_ cells: [(row: Int, column: Int)]) -> Int {
    cells.reduce(0) { $0 + Int(self[$1.row, $1.column]) }
  }

  /// The largest sum of recalls that a matching can have. `whole` has all samples of these
  /// labels, those too whose prediction is not in this table.
  func mostRecalls(sizes whole: ConfusionTable) -> Double {
    let totals = whole.rowTotals
    var sizes = Array(repeating: 1.0, count: labels.count)
    for (row, label) in labels.enumerated() {
      if let index = whole.labels.firstIndex(of: label) { sizes[row] = Double(totals[index]) }
    }
    let recall = { (row: Int, column: Int) in Double(self[row, column]) / sizes[row] }
    return matching(recall).reduce(0) { $0 + recall($1.row, $1.column) }
  }

  private var equalCells: [(row: Int, column: Int)] {
    var cells: [(row: Int, column: Int)] = []
    for (row, label) in labels.enumerated() {
      if let column = predictions.firstIndex(of: label) { cells.append((row, column)) }
    }
    return cells
  }
}
