@testable import CALLearning

/// What `PartMerging` states, found by a look at all pairs before every merger.
func mergedByAllPairs(
  _ groups: [[Int]], known: Int, total: Int?, _ vectors: [[Double]], _ settings: Discovery.Settings
) -> [[Int]] {
  var members = groups
  while members.count > max(total ?? 0, known, 1) {
    var pairs: [(cost: Double, i: Int, j: Int)] = []
    for j in known..<members.count where !members[j].isEmpty {
      for i in 0..<j where !members[i].isEmpty {
        pairs.append((wardCost(members[i], members[j], vectors), i, j))
      }
    }
    pairs.sort { ($0.cost, $0.i, $0.j) < ($1.cost, $1.i, $1.j) }
    let next = pairs.first { _, i, j in
      let isSmall =
        members[j].count < settings.minimumImages
        || i >= known && members[i].count < settings.minimumImages
      return total != nil || isSmall
        || separation(members[i], members[j], vectors, settings) < settings.separation
    }
    guard let (_, i, j) = next else { break }
    members[i] += members[j]
    members.remove(at: j)
  }
  return members.enumerated().filter { $0.offset < known || !$0.element.isEmpty }.map(\.element)
}

private func wardCost(_ a: [Int], _ b: [Int], _ vectors: [[Double]]) -> Double {
  let difference = zip(centre(a, vectors), centre(b, vectors)).map(-)
  let (n, m) = (Double(a.count), Double(b.count))
  return dot(difference, difference) * n * m / (n + m)
}

private func centre(_ part: [Int], _ vectors: [[Double]]) -> [Double] {
  meanVector(part.map { vectors[$0] })
}

private func separation(
  _ a: [Int], _ b: [Int], _ vectors: [[Double]], _ settings: Discovery.Settings
) -> Double {
  let line = zip(centre(a, vectors), centre(b, vectors)).map(-)
  func deviation(_ part: [Int]) -> Double {
    let middle = dot(centre(part, vectors), line)
    let squares = part.map { dot(vectors[$0], line) - middle }.reduce(0) { $0 + $1 * $1 }
    return (squares / Double(part.count)).squareRoot()
  }
  let other = deviation(b)
  let own =
    a.count < settings.minimumImages ? max(deviation(a), other) : deviation(a)
  return dot(line, line) / (own + other)
}
