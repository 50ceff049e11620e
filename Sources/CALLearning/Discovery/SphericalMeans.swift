/// Spherical k-means (I. Dhillon, D. Modha, Machine Learning 42, 2001) of vectors of length 1,
/// started as k-means++ starts (D. Arthur, S. Vassilvitskii, SODA 2007), the best of a few starts.
public enum SphericalMeans {
  private static let rounds = 50

  /// The cluster of each vector, 0 to below `count`; some may be empty.
  static func clusters(
    _ vectors: [[Double]], count: Int, starts: Int, _ random: inout Random
  ) -> [Int] {
    var best: (score: Double, clusters: [Int]) = (-.infinity, [])
    for _ in 0..<starts {
      var centres = start(vectors, count, &random)
      var found = nearest(vectors, centres)
      for _ in 0..<rounds {
        centres = means(vectors, found.clusters, centres)
        let next = nearest(vectors, centres)
        let isSettled = next.clusters == found.clusters
        found = next
        if isSettled { break }
      }
      if found.score > best.score { best = found }
    }
    return best.clusters
  }

  private static func start(_ vectors: [[Double]], _ count: Int, _ random: inout Random)
    -> [[Double]]
  {
    var centres = [vectors[Int(random.below(UInt32(vectors.count)))]]
    var distance = vectors.map { 1 - dot($0, centres[0]) }
    while centres.count < count {
      // A vector is taken with a probability that grows with its distance.
      var left = random.double() * distance.reduce(0) { $0 + max($1, 0) }
      var chosen = vectors.count - 1
      for (i, d) in distance.enumerated() {
        left -= max(d, 0)
        guard left >= 0 else {
          chosen = i
          break
        }
      }
      centres.append(vectors[chosen])
      for i in vectors.indices {
        distance[i] = min(distance[i], 1 - dot(vectors[i], vectors[chosen]))
      }
    }
    return centres
  }

  /// The centre with the largest cosine for each vector, and the sum of these cosines.
  private static func nearest(_ vectors: [[Double]], _ centres: [[Double]])
    -> (score: Double, clusters: [Int])
  {
    var score = 0.0
    let clusters = vectors.map { vector in
      var best = (cosine: -Double.infinity, centre: 0)
      for (c, centre) in centres.enumerated() {
        let cosine = dot(vector, centre)
        if cosine > best.cosine { best = (cosine, c) }
      }
      score += best.cosine
      return best.centre
    }
    return (score, clusters)
  }

  /// Mean directions; a centre without vectors stays where it is. Those of cluster -1 do not count.
  public static func means(
    _ vectors: [[Double]], _ clusters: [Int], _ centres: [[Double]]
  ) -> [[Double]] {
    var sums = centres.map { Array(repeating: 0.0, count: $0.count) }
    for (vector, c) in zip(vectors, clusters) where c >= 0 {
      for i in vector.indices { sums[c][i] += vector[i] }
    }
    for c in sums.indices {
      if sums[c].allSatisfy({ $0 == 0 }) { sums[c] = centres[c] }
      normalise(&sums[c])
    }
    return sums
  }
}
