/// Spherical k-means: groups of rows around directions (I. S. Dhillon and D. S. Modha, "Concept
/// decompositions for large sparse text data using clustering", Machine Learning 42, 2001), begun
/// with k-means++ (D. Arthur and S. Vassilvitskii, SODA 2007) from a fixed seed.
///
/// Over-split on purpose: what belongs together is merged later, by a test.
struct SphericalMeans {
  /// The group of each row, 0 to groups - 1; none is empty.
  private(set) var group: [Int]
  private(set) var groups: Int

  private static let rounds = 12

  init(_ rows: FeatureRows, groups wanted: Int) {
    group = Array(repeating: 0, count: rows.count)
    groups = rows.count == 0 ? 0 : 1
    guard wanted > 1, rows.count > 1 else { return }
    var centres = SphericalMeans.start(rows, wanted)
    for _ in 0..<SphericalMeans.rounds {
      var changed = false
      for row in 0..<rows.count {
        var (best, bestCosine) = (0, -Float.infinity)
        for centre in 0..<centres.count {
          let cosine = rows.dot(row, centres, centre)
          if cosine > bestCosine { (best, bestCosine) = (centre, cosine) }
        }
        if group[row] != best {
          group[row] = best
          changed = true
        }
      }
      groups = centres.count
      dropEmpty()
      guard changed else { break }
      centres = means(rows)
    }
  }

  /// Each further centre is a row, the likelier the further it is from those there are.
  private static func start(_ rows: FeatureRows, _ wanted: Int) -> FeatureRows {
    var centres = FeatureRows(width: rows.width)
    var random = SplitMix64(seed: 0x5EED)
    if rows.count > 0 { centres.append(rows[0]) }
    var distance = [Double](repeating: .infinity, count: rows.count)
    while centres.count < wanted {
      var total = 0.0
      for row in 0..<rows.count {
        let cosine = Double(rows.dot(row, centres, centres.count - 1))
        distance[row] = min(distance[row], max(1 - cosine, 0))
        total += distance[row]
      }
      guard total > 1e-9 else { break }
      var place = random.unit() * total
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

  private func means(_ rows: FeatureRows) -> FeatureRows {
    var sums = Array(repeating: RowSum(width: rows.width), count: groups)
    for row in 0..<rows.count { sums[group[row]].add(row, of: rows) }
    var centres = FeatureRows(width: rows.width)
    for sum in sums { if let mean = sum.mean { centres.append(direction: mean) } }
    return centres
  }

  private mutating func dropEmpty() {
    var used = Array(repeating: false, count: groups)
    for g in group { used[g] = true }
    var new = Array(repeating: 0, count: groups)
    groups = 0
    for g in used.indices where used[g] {
      new[g] = groups
      groups += 1
    }
    for row in group.indices { group[row] = new[group[row]] }
  }
}

/// The sequence of Steele, Lea and Flood (OOPSLA 2014).
struct SplitMix64: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    defer { state &+= 0x9E37_79B9_7F4A_7C15 }
    return mixed(state)
  }

  /// 0 <= x < 1.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
