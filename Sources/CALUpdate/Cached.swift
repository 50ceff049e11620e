import CALModel

/// The cached images of each prototype, in use or about to be born.
struct Cached {
  /// Known prototypes' images have labels, others' have not.
  private(set) var known: [UInt64: [[Float]]] = [:]
  private(set) var novel: [UInt64: [[Float]]] = [:]

  /// Images of one prototype that are looked at.
  private static let limit = 512

  init(
    _ model: Model, _ tally: Tally, _ images: KnownImages, _ births: [UInt64: [[Float]]]
  ) {
    for (id, feature) in images.features { known[id, default: []].append(feature) }
    for entry in model.bank.active {
      let prototype = model.bank.prototypes[entry]
      guard prototype.kind == .novel, let sample = tally.samples[prototype.id] else { continue }
      novel[prototype.id] = sample.entries.map(\.feature)
    }
    for (id, features) in births { novel[id] = Array(features.prefix(Cached.limit)) }
  }
}
