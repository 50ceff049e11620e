/// Spherical k-means: clusters of rows of length 1 around directions (I. S. Dhillon and
/// D. S. Modha, "Concept decompositions for large sparse text data using clustering", Machine
/// Learning 42, 2001), begun as k-means++ begins (D. Arthur and S. Vassilvitskii, SODA 2007); the
/// best of a few starts.
package struct SphericalMeans: Sendable {
  /// The cluster of each row, 0 to centres.count - 1; some may be empty.
  package private(set) var cluster: [Int] = []
  /// Of length 1.
  package private(set) var centres: FloatRows
  /// Sum of the cosines of rows and their centres.
  private var score = -Double.infinity

  /// At most `count` clusters; fewer if there are not as many different rows.
  package init(
    _ rows: FloatRows, count: Int, starts: Int, rounds: Int, _ random: inout Random
  ) {
    centres = FloatRows(width: rows.width)
    guard rows.count > 0 else { return }
    for _ in 0..<starts {
      let next = SphericalMeans(rows, from: SphericalMeans.start(rows, count, &random), rounds)
      if next.score > score { self = next }
    }
  }

  private init(_ rows: FloatRows, from start: FloatRows, _ rounds: Int) {
    centres = start
    _ = assign(rows)
    for _ in 0..<rounds {
      centres = SphericalMeans.means(rows, cluster, centres)
      guard assign(rows) else { break }
    }
  }

  /// Each further centre is a row, the likelier the further it is from those there are.
  private static func start(_ rows: FloatRows, _ count: Int, _ random: inout Random) -> FloatRows {
    var centres = rows.picking([Int(random.below(UInt32(rows.count)))])
    var distance = [Double](repeating: .infinity, count: rows.count)
    while centres.count < count {
      var total = 0.0
      let cosines = rows.products(0..<rows.count, centres.picking([centres.count - 1]))
      for row in 0..<rows.count {
        distance[row] = min(distance[row], max(1 - Double(cosines[row]), 0))
        total += distance[row]
      }
      guard total > 1e-9 else { break }
      var place = random.double() * total
      var chosen = 0
      for row in 0..<rows.count where distance[row] > 0 {
        chosen = row
        place -= distance[row]
        if place < 0 { break }
      }
      centres.append(rows[chosen])
    }
    return centres
  }

  /// The centre with the largest cosine for each row, the first one of equals. Whether that
  /// changed anything.
  private mutating func assign(_ rows: FloatRows) -> Bool {
    var next: [Int] = []
    next.reserveCapacity(rows.count)
    score = 0
    for block in rows.blocks {
      let cosines = rows.products(block, centres)
      for row in 0..<block.count {
        var best = 0
        let start = row * centres.count
        for centre in 1..<max(centres.count, 1)
        where cosines[start + centre] > cosines[start + best] { best = centre }
        next.append(best)
        score += Double(cosines[start + best])
      }
    }
    defer { cluster = next }
    return next != cluster
  }

  /// Mean directions; a centre without rows stays where it is. Rows of a negative cluster are in
  /// none.
  package static func means(
    _ rows: FloatRows, _ cluster: [Int], _ centres: FloatRows
  ) -> FloatRows {
    var sums = Array(repeating: RowSum(width: rows.width), count: centres.count)
    for row in 0..<rows.count where cluster[row] >= 0 { sums[cluster[row]].add(row, of: rows) }
    var means = FloatRows(width: rows.width)
    for (centre, sum) in sums.enumerated() {
      means.append(direction: sum.mean ?? centres[centre])
    }
    return means
  }
}
