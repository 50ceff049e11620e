/// The assignment problem: which one-to-one matching of rows to columns has the largest sum of
/// weights.
enum Matching {
  /// For each row its column, or -1: with more rows than columns some rows stay alone.
  /// O(n^2 m) for the smaller side n and the larger m.
  static func maximum(
    rows: Int, columns: Int, weight: (_ row: Int, _ column: Int) -> Double
  ) -> [Int] {
    guard rows > columns else {
      return minimum(rows: rows, columns: columns) { -weight($0, $1) }
    }
    var matching = Array(repeating: -1, count: rows)
    let transposed = minimum(rows: columns, columns: rows) { -weight($1, $0) }
    for (column, row) in transposed.enumerated() { matching[row] = column }
    return matching
  }

  /// For each row its column in a matching of least cost; rows <= columns.
  ///
  /// The Hungarian method with potentials: rows enter one by one, each along the shortest
  /// augmenting path (Kuhn 1955; Edmonds and Karp 1972). The entry behind the last column stands
  /// for the row that enters.
  private static func minimum(
    rows: Int, columns: Int, cost: (_ row: Int, _ column: Int) -> Double
  ) -> [Int] {
    var search = Search(rows: rows, columns: columns)
    for row in 0..<rows where !search.takeCheapest(row, cost) { search.enter(row, cost) }
    var matching = Array(repeating: -1, count: rows)
    for column in 0..<columns where search.row[column] >= 0 {
      matching[search.row[column]] = column
    }
    return matching
  }

  private struct Search {
    /// The row of each column, -1: none.
    var row: [Int]
    private var rowPotential: [Double]
    private var columnPotential: [Double]
    /// Of the path that ends in each column: its length, and the column before.
    private var distance: [Double]
    private var previous: [Int]
    private var isDone: [Bool]

    init(rows: Int, columns: Int) {
      row = Array(repeating: -1, count: columns + 1)
      rowPotential = Array(repeating: 0, count: rows)
      columnPotential = Array(repeating: 0, count: columns + 1)
      distance = columnPotential
      previous = row
      isDone = Array(repeating: false, count: columns + 1)
    }

    /// Gives the row its cheapest column at the potentials so far, if that is free. Where labels
    /// and predictions mostly agree, few rows are left for `enter`.
    mutating func takeCheapest(_ entering: Int, _ cost: (Int, Int) -> Double) -> Bool {
      var cheapest = 0
      var least = Double.infinity
      for column in 0..<row.count - 1 {
        let reduced = cost(entering, column) - columnPotential[column]
        if reduced < least { (least, cheapest) = (reduced, column) }
      }
      // The row's potential: no reduced cost is negative, and that of the cheapest is 0.
      rowPotential[entering] = least
      guard row[cheapest] < 0 else { return false }
      row[cheapest] = entering
      return true
    }

    mutating func enter(_ entering: Int, _ cost: (Int, Int) -> Double) {
      let columns = row.count - 1
      for column in 0...columns { (distance[column], isDone[column]) = (.infinity, false) }
      var column = columns
      row[column] = entering
      repeat { column = extend(from: column, cost) } while row[column] >= 0
      while column != columns {
        row[column] = row[previous[column]]
        column = previous[column]
      }
    }

    /// Settles `from`, and gives the nearest column that is not settled.
    private mutating func extend(from: Int, _ cost: (Int, Int) -> Double) -> Int {
      let columns = row.count - 1
      isDone[from] = true
      let settled = row[from]
      var nearest = from
      var least = Double.infinity
      for column in 0..<columns where !isDone[column] {
        let reduced = cost(settled, column) - rowPotential[settled] - columnPotential[column]
        if reduced < distance[column] { (distance[column], previous[column]) = (reduced, from) }
        if distance[column] < least { (least, nearest) = (distance[column], column) }
      }
      for column in 0...columns {
        if isDone[column] {
          rowPotential[row[column]] += least
          columnPotential[column] -= least
        } else {
          distance[column] -= least
        }
      }
      return nearest
    }
  }
}

/// The one-to-one matching of rows to columns with the largest sum of counts: for each row its
/// column, or -1.
public func bestMatching(_ counts: [[Int]]) -> [Int] {
  Matching.maximum(rows: counts.count, columns: counts.first?.count ?? 0) {
    Double(counts[$0][$1])
  }
}
