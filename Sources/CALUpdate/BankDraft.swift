import CALLearning
import CALModel

/// A bank while a commit works on it. Known prototypes keep their vectors, but for one that an
/// examiner has another one merged into.
struct BankDraft {
  let old: Bank
  /// In use, births included.
  private(set) var prototypes: [Prototype]
  private var births: Set<UInt64> = []
  /// Births that an examiner asked for.
  private var named: Set<UInt64> = []
  private(set) var retired: [CommitReport.Retirement] = []
  private(set) var renamed: [CommitReport.Rename] = []
  /// Of its own images, how many each birth was the answer to when it was last looked at.
  private(set) var answered: [UInt64: Int] = [:]
  private(set) var nextID: UInt64
  /// Whether prototypes point to the centres of their images, as the statistics neck's do, and not
  /// to where a training has moved them.
  private let areCentres: Bool
  /// How much shorter than others a centre is born: what is as near to an old one stays with it.
  private static let reserve = 0.9
  private static let reserveLimit = 4
  private var heldBack: [UInt64: Int] = [:]

  init(_ model: Model, labels: [UInt64: Tally.Label], nextID: UInt64) throws(UpdateError) {
    let bank = model.bank
    old = bank
    if case .statistics = model.spec.neck { areCentres = true } else { areCentres = false }
    prototypes = bank.active.map { bank.prototypes[$0] }
    self.nextID = max(nextID, bank.nextID)
    for (id, label) in labels.sorted(by: { $0.key < $1.key }) {
      switch label {
      case .name(let name): rename(id, name)
      case .mergedInto:
        guard let target = labels.end(of: id) else {
          throw .argument("the labels merge prototype \(id) into itself")
        }
        merge(id, into: target)
      }
    }
  }

  private func place(of id: UInt64) -> Int? { prototypes.firstIndex { $0.id == id } }

  /// The prototype in use that has the images of this one; nil if none has.
  func heir(of id: UInt64) -> UInt64? {
    var id = id
    // Retirements follow each other, so no id comes twice.
    for retirement in retired where retirement.id == id { id = retirement.mergedInto }
    return place(of: id).map { prototypes[$0].id }
  }

  /// The first one of that name.
  func id(named name: String) -> UInt64? {
    prototypes.filter { $0.name == name }.map(\.id).min()
  }

  func isNovel(_ id: UInt64) -> Bool {
    place(of: id).map { prototypes[$0].kind == .novel } ?? false
  }

  private mutating func rename(_ id: UInt64, _ name: String) {
    guard let place = place(of: id), prototypes[place].name != name else { return }
    renamed.append(.init(id: id, from: prototypes[place].name, to: name))
    prototypes[place].name = name
  }

  /// As pruning merges: the mean by usage, at the length of the one that stays.
  private mutating func merge(_ id: UInt64, into target: UInt64) {
    guard let from = place(of: id), let to = place(of: target), from != to else { return }
    let weights = [from, to].map { Double(max(prototypes[$0].usage, 1)) }
    let total = weights[0] + weights[1]
    let mean = zip(prototypes[from].vector, prototypes[to].vector).map {
      (Double($0) * weights[0] + Double($1) * weights[1]) / total
    }
    let length = CALUpdate.length(prototypes[to].vector)
    let own = mean.reduce(0) { $0 + $1 * $1 }.squareRoot()
    if own > 1e-6 * length { prototypes[to].vector = mean.map { Float($0 * length / own) } }
    retire(id, into: target, isLabelled: true)
  }

  private mutating func retire(_ id: UInt64, into target: UInt64, isLabelled: Bool) {
    guard let from = place(of: id), let to = place(of: target) else { return }
    let gone = prototypes[from]
    prototypes[to].count(images: gone.usage, confidenceSum: gone.confidenceSum)
    if births.remove(id) == nil {
      retired.append(.init(id: id, mergedInto: target, isLabelled: isLabelled))
    }
    prototypes.remove(at: from)
  }

  /// A prototype that points there, at the length that others have, so that its logits have their
  /// scale. With a name it is one that an examiner asked for.
  mutating func addBirth(towards direction: Direction, name: String = "") -> UInt64 {
    let elders = prototypes.filter { !births.contains($0.id) }
    let novel = elders.filter { $0.kind == .novel }
    let lengths = (novel.isEmpty ? elders : novel).map { CALUpdate.length($0.vector) }
    let mean = lengths.reduce(0, +) / Double(max(lengths.count, 1))
    let length = areCentres ? BankDraft.reserve * mean : mean
    let scale = length / max(direction.length, 1e-12)
    let id = nextID
    nextID += 1
    births.insert(id)
    if !name.isEmpty { named.insert(id) }
    prototypes.append(
      Prototype(
        id: id, kind: .novel, name: name,
        vector: direction.vector.map { Float(Double($0) * scale) }, birthEpoch: old.epoch + 1))
    return id
  }

  /// Where a birth of some images points; at most of length 1, and shorter the less they agree.
  struct Direction {
    fileprivate let vector: [Float]
    fileprivate let length: Double

    /// Whether images that cancel each other out have left nothing but rounding.
    var isNone: Bool { !(length > 1e-6) }
  }

  /// Where prototypes are centres, to these images'; else to where they are and known images are not.
  func direction(of features: [[Float]], apartFrom known: [Float]?) -> Direction {
    let own = meanDirection(features) ?? Array(repeating: 0, count: old.featureCount)
    let vector = areCentres ? own : known.map { zip(own, $0).map(-) } ?? own
    return Direction(vector: vector, length: CALUpdate.length(vector))
  }

  /// Makes the birth that takes the most known images shorter, so that it takes fewer. False if there
  /// is none that may be made shorter.
  mutating func holdBack(_ known: KnownImages, _ temperature: Float) -> Bool {
    let head = head(temperature)
    let images = Cached.Images(known.features.map(\.feature), head)
    var taken: [UInt64: Int] = [:]
    for (image, top) in zip(known.features, head.tops(of: images)) where image.id != head.ids[top] {
      taken[head.ids[top], default: 0] += 1
    }
    let candidates = births.subtracting(named).filter {
      taken[$0] != nil && heldBack[$0, default: 0] < BankDraft.reserveLimit
    }
    let worst = candidates.sorted().max { taken[$0, default: 0] < taken[$1, default: 0] }
    guard let id = worst, let place = place(of: id) else { return false }
    heldBack[id, default: 0] += 1
    for f in prototypes[place].vector.indices {
      prototypes[place].vector[f] *= Float(BankDraft.reserve)
    }
    return true
  }

  /// Refines novel prototypes, unless known images or the cached images of novel prototypes then
  /// have fewer answers that are their own.
  mutating func refine(_ cached: Cached, _ temperature: Float) throws(UpdateError) {
    let head = head(temperature)
    var classes: [Refinement.Class] = []
    for (row, id) in head.ids.enumerated() {
      if row < head.known {
        classes.append(.init(label: row, features: cached.known[id]?.features ?? []))
      } else {
        classes.append(.init(label: nil, features: cached.novel[id]?.features ?? []))
      }
    }
    let refined = try Refinement.run(head, classes)
    let (before, after) = (answers(head, cached), answers(refined, cached))
    guard after.known >= before.known, after.novel >= before.novel else { return }
    for row in refined.known..<refined.ids.count {
      if let place = place(of: refined.ids[row]) { prototypes[place].vector = refined[row] }
    }
  }

  /// Births that are the answer to too few of their own images are none, unless an examiner asked
  /// for them.
  mutating func dropUnusedBirths(
    _ cached: Cached, _ temperature: Float, _ settings: CommitSettings
  ) -> [UInt64] {
    let head = head(temperature)
    var unused: [UInt64] = []
    for id in births.sorted() {
      guard let images = cached.novel[id] else { continue }
      let own = head.tops(of: images).count { head.ids[$0] == id }
      answered[id] = own
      if named.contains(id) { continue }
      if own < settings.founders || 2 * own < images.features.count { unused.append(id) }
    }
    for id in unused {
      births.remove(id)
      prototypes.removeAll { $0.id == id }
    }
    return unused
  }

  /// Dynamic prototype pruning, by usage over the prototypes' lives and on cached images. It touches
  /// births that an examiner asked for as little as known prototypes.
  mutating func prune(
    _ cached: Cached, _ observed: [UInt64: UInt64], _ temperature: Float,
    _ settings: CommitSettings
  ) throws(UpdateError) -> [UInt64] {
    let first = prototypes.filter { named.contains($0.id) }
    let head = HeadRows(
      first + prototypes.filter { !named.contains($0.id) }, width: old.featureCount,
      temperature: temperature)
    let fixed = head.known + first.count
    var usage = head.ids.map { id in
      (place(of: id).map { prototypes[$0].usage } ?? 0) + min(observed[id] ?? 0, Limit.counter)
    }
    // A bank that was imported may not know its usage, which is not to have none.
    let isUnknown = head.ids.indices.allSatisfy {
      $0 < head.known || births.contains(head.ids[$0]) || usage[$0] == 0
    }
    for images in cached.novel.values { for top in head.tops(of: images) { usage[top] += 1 } }
    guard !isUnknown, fixed < head.ids.count else { return [] }
    var how = Pruning.Settings()
    how.coverage = settings.coverage
    let rows = PrototypeRows(rows: head.ids.count, features: head.width, known: fixed)
    let pruning = try learningResult { () throws(LearningError) in
      try Pruning(prototypes: head.vectors.span, usage: usage.span, bank: rows, settings: how)
    }
    var merged = [Float](repeating: 0, count: pruning.kept.count * head.width)
    var span = merged.mutableSpan
    _ = pruning.merge(head.vectors.span, usage: usage.span, into: &span)
    for (i, row) in pruning.kept.enumerated() where row >= fixed {
      guard let place = place(of: head.ids[row]) else { continue }
      prototypes[place].vector = Array(merged[i * head.width..<(i + 1) * head.width])
    }
    let gone = head.ids.indices.filter { pruning.mergedInto[$0] != $0 }
    for row in gone {
      retire(head.ids[row], into: head.ids[pruning.mergedInto[row]], isLabelled: false)
    }
    return gone.map { head.ids[$0] }
  }

  func head(_ temperature: Float) -> HeadRows {
    HeadRows(prototypes, width: old.featureCount, temperature: temperature)
  }

  /// Images whose answer is their own prototype.
  private func answers(_ head: HeadRows, _ cached: Cached) -> (known: Int, novel: Int) {
    func count(_ images: [UInt64: Cached.Images]) -> Int {
      images.reduce(0) { sum, part in
        sum + head.tops(of: part.value).count { head.ids[$0] == part.key }
      }
    }
    return (count(cached.known), count(cached.novel))
  }
}

func length(_ vector: [Float]) -> Double {
  vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
}

/// nil for no features.
func meanDirection(_ features: [[Float]]) -> [Float]? {
  var sum = RowSum(width: features.first?.count ?? 0)
  for feature in features { sum.add(direction: feature) }
  return sum.mean
}
