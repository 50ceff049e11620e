import CALModel

/// The cached images of each prototype, in use or about to be born.
struct Cached {
  struct Images {
    let features: [[Float]]
    /// Among the known rows, which stay as they are while novel ones change.
    let bestKnown: [HeadRows.Best]

    init(_ features: [[Float]], _ head: HeadRows) {
      self.features = features
      bestKnown = head.bestKnown(of: features)
    }
  }

  /// Known prototypes' images have labels, others' have not.
  let known: [UInt64: Images]
  let novel: [UInt64: Images]

  /// Images of one prototype that are looked at.
  private static let limit = 512

  /// `head` has the known rows that a commit will have.
  init(
    _ model: Model, _ tally: Tally, _ images: KnownImages, _ births: [UInt64: [[Float]]],
    _ labelled: LabelledImages, _ head: HeadRows
  ) {
    var known: [UInt64: [[Float]]] = [:]
    for (id, feature) in images.features { known[id, default: []].append(feature) }
    var novel: [UInt64: [[Float]]] = [:]
    for entry in model.bank.active {
      let prototype = model.bank.prototypes[entry]
      guard prototype.kind == .novel, let sample = tally.samples[prototype.id] else { continue }
      novel[prototype.id] = sample.entries.map(\.feature)
    }
    for (id, features) in births { novel[id] = Array(features.prefix(Cached.limit)) }
    let knownIDs = Set(head.ids.prefix(head.known))
    for (id, images) in labelled.entries {
      let features = images.prefix(Cached.limit).map(\.feature)
      if knownIDs.contains(id) {
        known[id, default: []] += features
      } else {
        novel[id, default: []] += features
      }
    }
    self.known = known.mapValues { Images($0, head) }
    self.novel = novel.mapValues { Images($0, head) }
  }
}
