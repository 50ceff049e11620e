import CALDigest

/// What a commit makes of the images that an examiner has labelled: they belong to a prototype in
/// use, or found one. An examiner's word is not held against any test but that of the known
/// images.
struct LabelledImages {
  /// By prototype, births included.
  private(set) var entries: [UInt64: [Reservoir.Entry]] = [:]
  /// Those of them that this commit makes.
  private(set) var births: Set<UInt64> = []
  /// What is labelled, and so is neither sampled nor in the reservoir as far as a commit goes.
  private(set) var keys: Set<Digest> = []

  /// Adds births to the draft. Labels of prototypes that have no heir in use are as good as none.
  /// Throws if the images of a birth cancel each other out.
  init(
    _ labels: ImageLabels, _ draft: inout BankDraft, apartFrom known: [Float]?
  ) throws(UpdateError) {
    for (method, images) in labels.methods {
      let id: UInt64
      switch method {
      case .prototype(let given):
        guard let heir = draft.heir(of: given) else { continue }
        id = heir
      case .named(let name):
        if let named = draft.id(named: name) {
          id = named
        } else {
          let direction = draft.direction(of: images.map(\.feature), apartFrom: known)
          guard !direction.isNone else {
            throw .argument(
              "the \(images.count) images labelled \"\(name)\" have no direction in common, so there"
                + " can be no prototype of theirs")
          }
          id = draft.addBirth(towards: direction, name: name)
          births.insert(id)
        }
      }
      entries[id, default: []] += images
      keys.formUnion(images.map(\.key))
    }
  }

  /// Images of each prototype that were not counted for another one when they were observed.
  func counts(_ tally: Tally) -> [UInt64: UInt64] {
    let counted = Set(tally.samples.values.flatMap { $0.entries.map(\.key) })
    return entries.mapValues { images in
      images.reduce(0) { $0 + (counted.contains($1.key) ? 0 : 1) }
    }
  }
}

extension Tally {
  /// Without the features of these images.
  func without(_ keys: Set<Digest>) -> Tally {
    guard !keys.isEmpty else { return self }
    var rest = self
    rest.reservoir = reservoir.without(keys)
    rest.samples = samples.mapValues { $0.without(keys) }
    return rest
  }
}

extension Reservoir {
  fileprivate func without(_ keys: Set<Digest>) -> Reservoir {
    var rest = Reservoir(seed: seed, capacity: capacity)
    for entry in entries where !keys.contains(entry.key) { rest.offer(entry.key, entry.feature) }
    return rest
  }
}
