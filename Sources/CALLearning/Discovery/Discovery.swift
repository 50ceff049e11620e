/// Finds the methods among images: for each image the cluster that it belongs to, and how many
/// clusters there are. The known classes come first, by their labels.
///
/// Coarse to fine and back: descriptors are whitened by the labelled images
/// (`DiscoverySpace`), unlabelled images fall into many small parts (`SphericalMeans`), parts
/// that nothing separates are merged with each other and with known classes (`PartMerging`),
/// and a few rounds of k-means settle the borders. The same input gives the same result.
public struct Discovery: Sendable {
  public struct Settings: Sendable, Equatable {
    /// Of the space in which methods are told apart.
    public var dimensions = 24
    /// Share of the covariance within known classes that is taken to be round.
    public var shrinkage = 0.1
    /// Unlabelled images for each of the parts at the beginning.
    public var imagesPerPart = 48
    /// A method has at least so many images.
    public var minimumImages = 16
    /// From which on two clusters are two methods; see `PartMerging`.
    public var separation = 1.9
    /// The share of a cluster's unlabelled images, the surest ones, that become labels.
    public var trusted = 0.7

    public init() {}
  }

  private static let starts = 3
  private static let settlingRounds = 5

  /// Clusters, those of the known classes included.
  public let count: Int
  /// Of each image; a labelled one is in its class.
  public let clusters: [Int]
  /// How much nearer an image is to its cluster's centre than to any other, in cosines.
  public let margins: [Double]
  private let labels: [Int]
  private let settings: Settings

  /// nil if descriptors are not finite, or there is no unlabelled image.
  ///
  /// - Parameters:
  ///   - labels: the known class of each labelled image, -1 for the others.
  ///   - total: the number of methods, if it is known.
  ///   - limit: the most clusters there may be.
  public init?(
    _ matrix: DescriptorMatrix, labels: [Int], known: Int, total: Int?, limit: Int,
    settings: Settings, random start: Random
  ) {
    var random = start
    let unlabelled = labels.indices.filter { labels[$0] < 0 }
    guard labels.count == matrix.rows, !unlabelled.isEmpty,
      let space = DiscoverySpace(matrix, labels: labels, known: known, settings, &random)
    else { return nil }
    self.labels = labels
    self.settings = settings

    let novel = max(unlabelled.count / settings.imagesPerPart, (total ?? 0) - known, 2)
    let parts = Discovery.parts(
      unlabelled, of: space, count: min(novel, max(limit - known, 1), unlabelled.count), &random)
    let ofClasses = (0..<known).map { label in labels.indices.filter { labels[$0] == label } }
    var merging = PartMerging(ofClasses + parts, known: known, of: space.directions, settings)
    merging.run(total: total)
    count = merging.members.count
    (clusters, margins) = Discovery.settle(merging.members, labels, space)
  }

  private static func parts(
    _ unlabelled: [Int], of space: DiscoverySpace, count: Int, _ random: inout Random
  ) -> [[Int]] {
    let rows = FloatRows(unlabelled.map { space.directions[$0].map(Float.init) })
    let means = SphericalMeans(rows, count: count, starts: starts, rounds: 50, &random)
    var parts = Array(repeating: [Int](), count: means.centres.count)
    for (image, part) in zip(unlabelled, means.cluster) { parts[part].append(image) }
    return parts.filter { !$0.isEmpty }
  }

  /// Each image to its nearest centre, labelled ones to their class.
  private static func settle(_ members: [[Int]], _ labels: [Int], _ space: DiscoverySpace)
    -> (clusters: [Int], margins: [Double])
  {
    var clusters = Array(repeating: -1, count: labels.count)
    for (c, images) in members.enumerated() { for image in images { clusters[image] = c } }
    let rows = FloatRows(space.directions.map { $0.map(Float.init) })
    let none = Array(repeating: Float(0), count: rows.width)
    var centres = SphericalMeans.means(
      rows, clusters, FloatRows(Array(repeating: none, count: members.count)))
    var margins = Array(repeating: 0.0, count: labels.count)
    for round in 0..<settlingRounds {
      for block in rows.blocks {
        let cosines = rows.products(block, centres)
        for (i, image) in block.enumerated() {
          let own = cosines[i * centres.count..<(i + 1) * centres.count]
          let (nearest, margin) = nearest(own)
          clusters[image] = labels[image] < 0 ? nearest : labels[image]
          margins[image] = margin
        }
      }
      if round < settlingRounds - 1 { centres = SphericalMeans.means(rows, clusters, centres) }
    }
    return (clusters, margins)
  }

  private static func nearest(_ cosines: ArraySlice<Float>) -> (centre: Int, margin: Double) {
    var (best, second) = (-Double.infinity, -Double.infinity)
    var nearest = 0
    for (c, cosine) in cosines.lazy.map(Double.init).enumerated() {
      if cosine > best {
        (best, second) = (cosine, best)
        nearest = c
      } else if cosine > second {
        second = cosine
      }
    }
    return (nearest, second == -.infinity ? 2 : best - second)
  }

  /// Unlabelled images of each cluster.
  public var usage: [UInt64] {
    var counts = Array(repeating: UInt64(0), count: count)
    for (image, cluster) in clusters.enumerated() where labels[image] < 0 { counts[cluster] += 1 }
    return counts
  }

  /// The cluster of each unlabelled image that is among the surest of its cluster; -1 for all
  /// others.
  public var pseudoLabels: [Int32] {
    var chosen = Array(repeating: Int32(-1), count: labels.count)
    for c in 0..<count {
      let images = labels.indices.filter { labels[$0] < 0 && clusters[$0] == c }
      let ranked = images.sorted { (-margins[$0], $0) < (-margins[$1], $1) }
      let trusted = (settings.trusted * Double(ranked.count)).rounded(.up)
      for image in ranked.prefix(Int(trusted)) { chosen[image] = Int32(c) }
    }
    return chosen
  }
}
