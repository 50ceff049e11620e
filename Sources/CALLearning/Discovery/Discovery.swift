/// Finds the methods among images: for each image the cluster that it belongs to, and how many
/// clusters there are. The known classes come first, by their labels.
///
/// Coarse to fine and back: descriptors are whitened by the labelled images
/// (`DiscoverySpace`), unlabelled images fall into many small parts (`SphericalMeans`), parts
/// that nothing separates are merged with each other and with known classes (`PartMerging`),
/// and a few rounds of k-means settle the borders. The same input gives the same result.
public struct Discovery: Sendable {
  public struct Settings: Sendable, Equatable {
    /// Axes of the space along which methods are told apart.
    public var dimensions = 24
    /// Share of the covariance within known classes that is taken to be round.
    public var shrinkage = 0.1
    /// Unlabelled images for each of the parts at the beginning.
    public var imagesPerPart = 32
    /// A method has at least so many images.
    public var minimumImages = 16
    /// From which on two clusters are two methods; see `PartMerging`.
    public var separation = 1.9
    /// The share of a cluster's unlabelled images, the surest ones, that become labels.
    public var trusted = 0.7

    public init() {}

    /// For the last look. While a network learns, labels of a method in two halves do little harm,
    /// and those of two methods in one keep it from ever telling them apart; in the end each
    /// method is to be counted once.
    public static let final = {
      var settings = Settings()
      settings.imagesPerPart = 64
      settings.separation = 2
      return settings
    }()
  }

  private static let starts = 3
  private static let settlingRounds = 5

  /// Clusters, those of the known classes included.
  public let count: Int
  /// Of each image; a labelled one is in its class.
  public let clusters: [Int]
  /// How much nearer an image is to its cluster's centre than to any other, in cosines.
  public let margins: [Double]
  /// Mean of how much nearer an unlabelled image is to the nearest centre than to the second one, as
  /// a share of its distance from the latter: the simplified silhouette (P. Rousseeuw, J. Comput.
  /// Appl. Math. 20, 1987; by centres) with 1 - cosine for distances. 0 without such images.
  public let silhouette: Double
  private let labels: [Int]
  private let settings: Settings

  /// What is asked of a set of images.
  public struct Question: Sendable {
    /// The known class of each labelled image, -1 for the others.
    public var labels: [Int]
    /// Classes that labelled images have: 0 to known - 1.
    public var known: Int
    /// The number of methods, if it is known.
    public var total: Int?
    /// The most clusters there may be.
    public var limit: Int

    public init(labels: [Int], known: Int, total: Int? = nil, limit: Int) {
      self.labels = labels
      self.known = known
      self.total = total
      self.limit = limit
    }
  }

  /// Of `tries`, one that finds as many methods as the median of them, and of those the one with the
  /// best silhouette: the number depends on where the parts happen to begin. Without unlabelled
  /// images there are the known classes only.
  public init(
    _ question: Question, in space: DiscoverySpace, settings: Settings, tries: Int = 1,
    _ random: inout Random
  ) {
    let directions = space.directions(settings.dimensions)
    let rows = FloatRows(directions.map { $0.map(Float.init) })
    var found: [Discovery] = []
    for _ in 0..<max(tries, 1) {
      found.append(Discovery(question, directions, rows, settings, &random))
    }
    let count = found.map(\.count).sorted()[found.count / 2]
    let typical = found.filter { $0.count == count }
    self = typical.max { $0.silhouette < $1.silhouette } ?? found[0]
  }

  /// `rows` are the directions again.
  private init(
    _ question: Question, _ directions: [[Double]], _ rows: FloatRows, _ settings: Settings,
    _ random: inout Random
  ) {
    labels = question.labels
    self.settings = settings
    let unlabelled = labels.indices.filter { question.labels[$0] < 0 }
    let known = question.known
    let novel = max(
      unlabelled.count / settings.imagesPerPart, (question.total ?? 0) - known, 2)
    let parts = Discovery.parts(
      rows, unlabelled, count: min(novel, max(question.limit - known, 1), unlabelled.count),
      &random)
    let ofClasses = (0..<known).map { label in
      question.labels.indices.filter { question.labels[$0] == label }
    }
    var merging = PartMerging(ofClasses + parts, known: known, of: directions, settings)
    merging.run(total: question.total)
    count = merging.members.count
    (clusters, margins, silhouette) = Discovery.settle(merging.members, question.labels, rows)
  }

  private static func parts(
    _ rows: FloatRows, _ unlabelled: [Int], count: Int, _ random: inout Random
  ) -> [[Int]] {
    guard count > 0 else { return [] }
    let means = SphericalMeans(
      rows.picking(unlabelled), count: count, starts: starts, rounds: 50, &random)
    var parts = Array(repeating: [Int](), count: means.centres.count)
    for (image, part) in zip(unlabelled, means.cluster) { parts[part].append(image) }
    return parts.filter { !$0.isEmpty }
  }

  /// Each image to its nearest centre, labelled ones to their class.
  private static func settle(
    _ members: [[Int]], _ labels: [Int], _ rows: FloatRows
  ) -> (clusters: [Int], margins: [Double], silhouette: Double) {
    var clusters = Array(repeating: -1, count: labels.count)
    for (c, images) in members.enumerated() { for image in images { clusters[image] = c } }
    let none = Array(repeating: Float(0), count: rows.width)
    var centres = SphericalMeans.means(
      rows, clusters, FloatRows(Array(repeating: none, count: members.count)))
    var margins = Array(repeating: 0.0, count: labels.count)
    var shares = margins
    for round in 0..<settlingRounds {
      for block in rows.blocks {
        let cosines = rows.products(block, centres)
        for (i, image) in block.enumerated() {
          let own = cosines[i * centres.count..<(i + 1) * centres.count]
          let (nearest, margin, share) = nearest(own)
          clusters[image] = labels[image] < 0 ? nearest : labels[image]
          margins[image] = margin
          shares[image] = labels[image] < 0 ? share : 0
        }
      }
      if round < settlingRounds - 1 { centres = SphericalMeans.means(rows, clusters, centres) }
    }
    let unlabelled = labels.count { $0 < 0 }
    return (clusters, margins, shares.reduce(0, +) / Double(max(unlabelled, 1)))
  }

  private static func nearest(
    _ cosines: ArraySlice<Float>
  ) -> (centre: Int, margin: Double, share: Double) {
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
    guard second > -.infinity else { return (nearest, 2, 1) }
    return (nearest, best - second, (best - second) / max(1 - second, 1e-9))
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
