/// Merges parts of one method: from many small clusters to as many as there are methods.
///
/// Of all pairs the one whose union costs least by Ward's criterion (J. Ward, JASA 58, 1963) is
/// merged first, unless the pair is *separated*: projected onto the line between their centres,
/// two clusters are at least `separation` times as far apart as the sum of their standard
/// deviations. A normal distribution cut in two has 1.32 there, an even one 1.73, whatever their
/// width, so the measure needs no scale; two methods that touch have more. Small clusters, whose
/// deviations say little, are merged all the same.
struct PartMerging {
  /// Images of each cluster; those of the first `known` are the labelled ones of known classes,
  /// and what joined them. Known classes never merge with each other.
  private(set) var members: [[Int]]
  private let vectors: [[Double]]
  private let known: Int
  private let settings: Discovery.Settings
  private var centres: [[Double]]
  /// Which pairs were found to be separated, by the clusters' serial numbers.
  private var separated: Set<SIMD2<Int>> = []
  private var serials: [Int]
  private var nextSerial: Int

  init(_ members: [[Int]], known: Int, of vectors: [[Double]], _ settings: Discovery.Settings) {
    self.members = members
    self.vectors = vectors
    self.known = known
    self.settings = settings
    centres = members.map { part in meanVector(part.map { vectors[$0] }) }
    serials = Array(members.indices)
    nextSerial = members.count
  }

  /// Until all pairs are separated, or, if `total` is given, until that many clusters are left.
  mutating func run(total: Int?) {
    while members.count > max(total ?? 0, known, 1) {
      guard let (i, j) = cheapestPair(force: total != nil) else { return }
      members[i] += members[j]
      centres[i] = meanVector(members[i].map { vectors[$0] })
      serials[i] = nextSerial
      nextSerial += 1
      members.remove(at: j)
      centres.remove(at: j)
      serials.remove(at: j)
    }
  }

  private mutating func cheapestPair(force: Bool) -> (Int, Int)? {
    var pairs: [(cost: Double, i: Int, j: Int)] = []
    for j in known..<members.count where !members[j].isEmpty {
      for i in 0..<j where !members[i].isEmpty {
        guard force || !separated.contains(SIMD2(serials[i], serials[j])) else { continue }
        pairs.append((cost(i, j), i, j))
      }
    }
    pairs.sort { ($0.cost, $0.i, $0.j) < ($1.cost, $1.i, $1.j) }
    for (_, i, j) in pairs {
      let isSmall = min(members[i].count, members[j].count) < settings.minimumImages
      if force || isSmall || separation(i, j) < settings.separation { return (i, j) }
      separated.insert(SIMD2(serials[i], serials[j]))
    }
    return nil
  }

  /// What the union adds to the sum of squares.
  private func cost(_ i: Int, _ j: Int) -> Double {
    let (n, m) = (Double(members[i].count), Double(members[j].count))
    let difference = zip(centres[i], centres[j]).map(-)
    return dot(difference, difference) * n * m / (n + m)
  }

  private func separation(_ i: Int, _ j: Int) -> Double {
    let line = zip(centres[i], centres[j]).map(-)
    func deviation(_ part: Int) -> Double {
      let centre = dot(centres[part], line)
      let squares = members[part].reduce(0.0) { sum, image in
        let offset = dot(vectors[image], line) - centre
        return sum + offset * offset
      }
      return (squares / Double(members[part].count)).squareRoot()
    }
    return dot(line, line) / (deviation(i) + deviation(j) + 1e-12)
  }
}
