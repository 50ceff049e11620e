/// Merges parts of one method: from many small clusters to as many as there are methods.
///
/// Of all pairs the one whose union costs least by Ward's criterion (J. Ward, JASA 58, 1963) is
/// merged first, unless the pair is *separated*: projected onto the line between their centres,
/// two clusters are at least `separation` times as far apart as the sum of their standard
/// deviations. A normal distribution cut in two has 1.32 there, an even one 1.73, whatever their
/// width, so the measure needs no scale; two methods that touch have more. Small parts, whose
/// deviations say little, are merged all the same.
///
/// Each cluster remembers the cheapest of the later ones, so a merger costs a few rows of pairs and
/// not all of them.
struct PartMerging {
  /// Images of each cluster; those of the first `known` are the labelled ones of known classes,
  /// and what joined them. Known classes never merge with each other.
  private(set) var members: [[Int]]
  private let vectors: [[Double]]
  private let known: Int
  private let settings: Discovery.Settings
  private var centres: [[Double]]
  /// The cheapest of the pairs of each cluster with a later one.
  private var cheapest: [Pair?]
  /// Which pairs were found to be separated, by the clusters' serial numbers.
  private var separated: Set<SIMD2<Int>> = []
  private var serials: [Int]
  private var nextSerial: Int

  private struct Pair {
    var cost: Double
    var other: Int
  }

  init(_ members: [[Int]], known: Int, of vectors: [[Double]], _ settings: Discovery.Settings) {
    self.members = members
    self.vectors = vectors
    self.known = known
    self.settings = settings
    centres = members.map { part in meanVector(part.map { vectors[$0] }) }
    serials = Array(members.indices)
    nextSerial = members.count
    cheapest = []
  }

  /// Until all pairs are separated, or, if `total` is given, until that many clusters are left.
  mutating func run(total: Int?) {
    cheapest = members.indices.map { cheapestPair(of: $0) }
    var left = members.count
    while left > max(total ?? 0, known, 1), let (i, j) = nextPair(force: total != nil) {
      merge(j, into: i)
      left -= 1
    }
    // What was merged is left without images; a known class may have had none from the start.
    members = members.enumerated().filter { $0.offset < known || !$0.element.isEmpty }
      .map(\.element)
  }

  /// The first of equals.
  private mutating func nextPair(force: Bool) -> (Int, Int)? {
    while true {
      var best: (i: Int, pair: Pair)?
      for (i, pair) in cheapest.enumerated() {
        if let pair, pair.cost < best?.pair.cost ?? .infinity { best = (i, pair) }
      }
      guard let (i, pair) = best else { return nil }
      let j = pair.other
      if force || isSmall(i, j) || separation(i, j) < settings.separation { return (i, j) }
      separated.insert(SIMD2(serials[i], serials[j]))
      cheapest[i] = cheapestPair(of: i)
    }
  }

  /// A known class is one however few its labelled images are: a class must not swallow whatever is
  /// near, only because little is known of it.
  private func isSmall(_ i: Int, _ j: Int) -> Bool {
    members[j].count < settings.minimumImages
      || i >= known && members[i].count < settings.minimumImages
  }

  private mutating func merge(_ j: Int, into i: Int) {
    members[i] += members[j]
    members[j] = []
    centres[i] = meanVector(members[i].map { vectors[$0] })
    serials[i] = nextSerial
    nextSerial += 1
    cheapest[j] = nil
    cheapest[i] = cheapestPair(of: i)
    for row in 0..<j where row != i && !members[row].isEmpty {
      if let other = cheapest[row]?.other, other == i || other == j {
        cheapest[row] = cheapestPair(of: row)
      } else if row < i, i >= known {
        let cost = cost(row, i)
        let (least, other) = (cheapest[row]?.cost ?? .infinity, cheapest[row]?.other ?? i)
        if (cost, i) < (least, other) { cheapest[row] = Pair(cost: cost, other: i) }
      }
    }
  }

  /// With a later cluster, of those that are not separated from it; the first of equals.
  private func cheapestPair(of i: Int) -> Pair? {
    guard !members[i].isEmpty else { return nil }
    var found: Pair?
    for j in max(i + 1, known)..<max(i + 1, known, members.count) where !members[j].isEmpty {
      let cost = cost(i, j)
      guard cost < found?.cost ?? .infinity,
        !separated.contains(SIMD2(serials[i], serials[j]))
      else { continue }
      found = Pair(cost: cost, other: j)
    }
    return found
  }

  /// What the union adds to the sum of squares.
  private func cost(_ i: Int, _ j: Int) -> Double {
    let (n, m) = (Double(members[i].count), Double(members[j].count))
    return squaredDistance(centres[i], centres[j]) * n * m / (n + m)
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
    var (own, other) = (deviation(i), deviation(j))
    // Of a few images it says little: then the class is taken to be as wide as the other.
    if members[i].count < settings.minimumImages { own = max(own, other) }
    return dot(line, line) / (own + other + 1e-12)
  }
}
