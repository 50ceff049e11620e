import CALLearning

/// Which groups of images that nothing explains well are new methods.
///
/// The reservoir is cut into more groups than there can be methods, which are merged from the
/// nearest two on (`Separation`) while they are not clearly apart: with each other, or with the
/// images that a prototype does explain, which then have won them over. What is left, and has
/// enough founders that agree on a direction, is new.
struct Discovery {

  struct Group: Sendable, Equatable {
    enum Outcome: String, Sendable, Equatable {
      case born
      /// Has less founders than asked for.
      case small
      /// Its images have no direction in common.
      case scattered
      /// Not clearly apart from the images of `nearest`.
      case absorbed
    }

    /// Of the reservoir's entries.
    var images: [Int]
    /// Images that are different.
    var founders: Int
    var outcome: Outcome
    /// To the nearest other group, by `Separation`; infinity if there is no other.
    var separation: Double
    /// The prototype whose images are nearest; nil if none has images.
    var nearest: UInt64?
  }

  /// Largest numbers of reservoir images, of groups to begin with, and of the prototypes' images
  /// that are looked at. They bound a commit's work, whatever the reservoir's size.
  private static let imageLimit = 8192
  private static let groupLimit = 64
  private static let anchorLimit = 4096

  /// In order of their first image.
  private(set) var groups: [Group] = []

  private let rows: FloatRows
  private let anchors: [References.Part]
  private let absorbs: Bool
  private let settings: CommitSettings
  private var separation: Separation
  /// distances[a][b] for candidates and, behind them, anchors; infinity if they are not compared.
  private var distances: [[Double]]
  private let candidates: Int

  /// Features in the order of the reservoir, which goes by hashes of the images. The images of
  /// prototypes win groups over.
  init(
    _ features: [[Float]], anchors: [References.Part], width: Int, settings: CommitSettings
  ) {
    let rows = Discovery.directions(features.prefix(Discovery.imageLimit), width)
    let (group, count) = Discovery.cut(rows, founders: settings.founders)
    self.init(rows, group, count, anchors, absorbs: true, settings)
  }

  /// `group` says which centre took each stranger. No prototype's images win them over.
  init(
    strangers features: [[Float]], group: [Int], anchors: [References.Part], width: Int,
    settings: CommitSettings
  ) {
    let rows = Discovery.directions(features[...], width)
    self.init(
      rows, group, (group.max() ?? -1) + 1, anchors, absorbs: false,
      settings.forStrangers)
  }

  private init(
    _ images: FloatRows, _ group: [Int], _ count: Int, _ anchors: [References.Part], absorbs: Bool,
    _ settings: CommitSettings
  ) {
    var (rows, group) = (images, group)
    let share = max(Discovery.anchorLimit / max(anchors.count, 1), 4)
    for (i, anchor) in anchors.enumerated() {
      for feature in anchor.features.prefix(share) {
        rows.append(direction: feature)
        group.append(count + i)
      }
    }
    candidates = count
    self.rows = rows
    self.anchors = anchors
    self.absorbs = absorbs
    self.settings = settings
    separation = Separation(rows, group: group, groups: count + anchors.count)
    distances = []
    measureAll()
    mergeNearest()
    judge()
  }

  /// What matters is where features point to, whether the head goes by length or not.
  private static func directions(_ features: ArraySlice<[Float]>, _ width: Int) -> FloatRows {
    var rows = FloatRows(width: width)
    for feature in features { rows.append(direction: feature) }
    return rows
  }

  /// Groups, none of them empty. Over-split on purpose: what belongs together is merged by a test.
  static func cut(_ rows: FloatRows, founders: Int) -> (group: [Int], groups: Int) {
    var random = Random(seed: 0, purpose: .update, epoch: 0, index: 0)
    let means = SphericalMeans(
      rows, count: min(max(rows.count / founders, 1), groupLimit), starts: 1, rounds: 12, &random)
    var numbers: [Int: Int] = [:]
    for cluster in Set(means.cluster).sorted() { numbers[cluster] = numbers.count }
    return (means.cluster.map { numbers[$0] ?? 0 }, numbers.count)
  }

  private mutating func measureAll() {
    let all = candidates + anchors.count
    distances = Array(repeating: Array(repeating: .infinity, count: all), count: candidates)
    for a in 0..<candidates { for b in 0..<all where b > a || b >= candidates { measure(a, b) } }
  }

  private mutating func measure(_ a: Int, _ b: Int) {
    let distance = separation.distance(a, b) ?? .infinity
    distances[a][b] = distance
    if b < candidates { distances[b][a] = distance }
  }

  /// The nearest other one of the first so many groups; of equally near ones the first.
  private func nearest(to a: Int, of count: Int) -> (group: Int, distance: Double)? {
    guard let best = (0..<count).min(by: { distances[a][$0] < distances[a][$1] }),
      distances[a][best] < .infinity
    else { return nil }
    return (best, distances[a][best])
  }

  private mutating func mergeNearest() {
    let rivals = absorbs ? candidates + anchors.count : candidates
    while true {
      let pairs = (0..<candidates).compactMap { a in nearest(to: a, of: rivals).map { (a, $0) } }
      guard let (a, (b, distance)) = pairs.min(by: { $0.1.distance < $1.1.distance }),
        distance < settings.separation
      else { return }
      if b >= candidates {
        // The anchor stays as it is: one that grew would win over ever more.
        report(a, .absorbed, (b, distance))
        remove(a)
      } else {
        separation.merge(max(a, b), into: min(a, b))
        remove(max(a, b))
        for other in distances[0].indices where other != min(a, b) {
          let isThere = other >= candidates || !separation.members[other].isEmpty
          if isThere && !removed.contains(other) { measure(min(a, b), other) }
        }
      }
    }
  }

  private var removed: Set<Int> = []

  private mutating func remove(_ a: Int) {
    removed.insert(a)
    for other in distances[a].indices {
      distances[a][other] = .infinity
      if other < candidates { distances[other][a] = .infinity }
    }
  }

  private mutating func judge() {
    for a in 0..<candidates where !removed.contains(a) {
      let near = nearest(to: a, of: candidates + anchors.count)
      if founders(a) < settings.founders || !separation.isMeasurable(a) {
        report(a, .small, near)
      } else if separation.coherence(a) < 0.5 {
        report(a, .scattered, near)
      } else {
        report(a, .born, near)
      }
    }
    groups.sort { $0.images[0] < $1.images[0] }
  }

  private mutating func report(
    _ a: Int, _ outcome: Group.Outcome, _ near: (group: Int, distance: Double)?
  ) {
    let toAnchors = distances[a].indices.dropFirst(candidates)
    let anchor = toAnchors.min { distances[a][$0] < distances[a][$1] }
    groups.append(
      Group(
        images: separation.members[a], founders: founders(a), outcome: outcome,
        separation: near?.distance ?? .infinity,
        nearest: anchor.flatMap {
          distances[a][$0] < .infinity ? anchors[$0 - candidates].id : nil
        }))
  }

  /// How many of a group's images are no duplicates of earlier ones; counted up to four times
  /// what is asked for.
  private func founders(_ a: Int) -> Int {
    var leaders = FloatRows(width: rows.width)
    for row in separation.members[a] where leaders.count < 4 * settings.founders {
      let cosines = rows.products(row..<row + 1, leaders)
      if cosines.allSatisfy({ Double($0) < settings.duplicate }) { leaders.append(rows[row]) }
    }
    return leaders.count
  }
}
