import CALDigest
import CALModel

/// What was observed since the last commit. Tallies of the same settings merge, in any order and
/// grouping, into exactly what one updater would hold that observed everything: counts are
/// integers, confidences fixed-point numbers, and samples are bottom-k.
public struct Tally: Sendable, Equatable {
  /// Images that one prototype explains.
  public struct Count: Sendable, Equatable {
    public var images: UInt64
    /// Sum of probabilities in units of 2^-32. Integers, because sums of floating-point numbers
    /// depend on their order. Stays at its largest value, which takes four thousand million sure
    /// images, rather than begin again from 0.
    public var confidence: UInt64

    static let unit = 0x1p32

    init(images: UInt64 = 0, confidence: UInt64 = 0) {
      self.images = images
      self.confidence = confidence
    }

    /// One image.
    init(_ answer: Explainer.Answer) {
      self.init(
        images: 1, confidence: UInt64((Double(answer.probability) * Count.unit).rounded()))
    }

    mutating func add(_ other: Count) {
      images = saturating(images, other.images)
      confidence = saturating(confidence, other.confidence)
    }
  }

  /// What an examiner says of a prototype.
  public enum Label: Sendable, Equatable {
    case name(String)
    /// It is the method of that other prototype.
    case mergedInto(UInt64)
  }

  public let settings: UpdateSettings
  /// Images, those that came again included.
  public internal(set) var seen: UInt64 = 0
  public internal(set) var unexplained: UInt64 = 0
  /// By prototype id.
  public internal(set) var counts: [UInt64: Count] = [:]
  /// Of the images that nothing explains well.
  public internal(set) var reservoir: Reservoir
  /// By prototype id, of the images that it explains.
  public internal(set) var samples: [UInt64: Reservoir] = [:]
  public internal(set) var labels: [UInt64: Label] = [:]
  /// At most as many images as the reservoir may have.
  public internal(set) var imageLabels = ImageLabels()

  public init(_ settings: UpdateSettings) {
    self.settings = settings
    reservoir = Reservoir(seed: settings.seed, capacity: settings.reservoir)
  }

  /// Counts an image here; keeps its features here if `total`, which this is to be merged into,
  /// wants them.
  mutating func observe(
    _ key: Digest, _ feature: Span<Float>, _ answer: Explainer.Answer, for total: Tally
  ) {
    seen = saturating(seen, 1)
    guard answer.isExplained else {
      unexplained = saturating(unexplained, 1)
      if total.reservoir.wants(key, feature) { reservoir.offer(key, feature.array) }
      return
    }
    counts[answer.id, default: Count()].add(Count(answer))
    if total.samples[answer.id]?.wants(key, feature) ?? true {
      keep(key, feature.array, asSampleOf: answer.id)
    }
  }

  mutating func keep(_ key: Digest, _ feature: [Float], asSampleOf id: UInt64) {
    samples[id, default: Reservoir(seed: settings.seed, capacity: settings.samples)]
      .offer(key, feature)
  }

  /// Both must have the same settings. Throws if they have different labels of one prototype or
  /// image, or too many labelled images.
  public mutating func merge(_ other: Tally) throws(UpdateError) {
    guard settings == other.settings else {
      throw .argument("the states have different settings: \(settings) and \(other.settings)")
    }
    for (id, label) in other.labels {
      if let own = labels[id], own != label {
        throw .argument("prototype \(id) has two labels: \(own) and \(label)")
      }
    }
    var images = imageLabels
    try images.merge(other.imageLabels)
    try checkCount(images)
    imageLabels = images
    labels.merge(other.labels) { own, _ in own }
    seen = saturating(seen, other.seen)
    unexplained = saturating(unexplained, other.unexplained)
    for (id, count) in other.counts { counts[id, default: Count()].add(count) }
    reservoir.merge(other.reservoir)
    for (id, sample) in other.samples {
      samples[id, default: Reservoir(seed: settings.seed, capacity: settings.samples)]
        .merge(sample)
    }
  }

  func checkCount(_ labels: ImageLabels) throws(UpdateError) {
    guard labels.count <= settings.reservoir else {
      throw .argument(
        "\(labels.count) images would be labelled, the state has room for \(settings.reservoir)")
    }
  }
}

extension [UInt64: Tally.Label] {
  /// The prototype that following the labels from `id` leads to; nil if they lead in a circle.
  func end(of id: UInt64) -> UInt64? {
    var place = id
    for _ in 0...count {
      guard case .mergedInto(let next) = self[place] else { return place }
      place = next
    }
    return nil
  }

  /// A prototype in a circle, the one with the lowest id, and the one that it is merged into.
  var circle: (id: UInt64, target: UInt64)? {
    for id in keys.sorted() where end(of: id) == nil {
      guard case .mergedInto(let target) = self[id] else { continue }
      var place = target
      for _ in 0..<count where place != id {
        if case .mergedInto(let next) = self[place] { place = next }
      }
      if place == id { return (id, target) }
    }
    return nil
  }
}

extension Tally {
  /// The same observations, with samples and reservoir as other prototypes explain them. The
  /// images of a prototype that is still in use, or has an heir, stay with it unless another one
  /// explains them.
  func sorted(by bank: Bank, _ decision: Decision) -> Tally {
    let explainer = Explainer(bank: bank, decision: decision)
    var sorted = Tally(settings)
    sorted.seen = seen
    sorted.unexplained = unexplained
    sorted.counts = counts.filter { bank.entry(ofID: $0.key) != nil }
    sorted.labels = labels
    sorted.imageLabels = imageLabels
    func sort(_ entries: [Reservoir.Entry], owner: UInt64?) {
      for (entry, answer) in zip(entries, explainer.answers(entries.map(\.feature))) {
        let explained = answer.flatMap { $0.isExplained ? $0.id : nil }
        if let id = explained ?? owner {
          sorted.keep(entry.key, entry.feature, asSampleOf: id)
        } else {
          sorted.reservoir.offer(entry.key, entry.feature)
        }
      }
    }
    for (id, sample) in samples { sort(sample.entries, owner: bank.heir(of: id)) }
    sort(reservoir.entries, owner: nil)
    return sorted
  }

  /// Behind a commit, which counted everything.
  mutating func startAgain() {
    seen = 0
    unexplained = 0
    counts = [:]
    labels = [:]
    imageLabels = ImageLabels()
  }
}

extension Bank {
  /// The prototype in use that has the images of this one; nil if none has.
  func heir(of id: UInt64) -> UInt64? {
    var id = id
    while let entry = entry(ofID: id) {
      let prototype = prototypes[entry]
      guard prototype.kind == .retired else { return id }
      // Following this comes to an end in every bank.
      guard prototype.mergedInto != id else { return nil }
      id = prototype.mergedInto
    }
    return nil
  }
}

/// Associative and commutative for numbers that are not negative, other than a wrapping sum
/// would be right.
func saturating(_ a: UInt64, _ b: UInt64) -> UInt64 {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? .max : sum
}
