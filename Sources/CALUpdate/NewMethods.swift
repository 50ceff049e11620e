import CALDigest
import CALModel

/// What a commit finds among the images that are kept: groups of them that are new methods, each of
/// which becomes a birth in the draft, and groups that are none.
///
/// It looks twice. First among `Strangers`, which may be images that a prototype explained; those are
/// new whatever they lie next to. Then among the other images that nothing explains, of which a
/// group is new only if it is clearly apart from the images of every prototype: this finds methods
/// that are too rare to show in shares, and is all there is for a model without stored images.
struct NewMethods {
  struct Birth {
    let group: Discovery.Group
    let images: [Reservoir.Entry]
  }

  /// By prototype.
  private(set) var births: [UInt64: Birth] = [:]
  private(set) var rejected: [CommitReport.Rejection] = []
  /// Images that nothing explains, by the novel prototype that they belong to.
  private(set) var absorbed: [UInt64: [Reservoir.Entry]] = [:]

  private let known: [Float]?

  /// `known` is the mean direction of known images.
  init(
    _ tally: Tally, _ references: References, _ draft: inout BankDraft, known: [Float]?,
    _ settings: CommitSettings
  ) {
    self.known = known
    let width = draft.old.featureCount
    let arrivals = Arrivals(tally, references, width: width, founders: settings.founders)
    let strangers = arrivals.strangers
    take(
      Discovery(
        strangers: strangers.map(\.feature), group: arrivals.centres, anchors: references.parts,
        width: width, settings: settings), strangers, &draft)
    let elders = births.sorted { $0.key < $1.key }.map { id, birth in
      References.Part(id: id, features: birth.images.map(\.feature), areStored: false)
    }
    let keys = Set(strangers.map(\.key))
    let others = tally.reservoir.entries.filter { !keys.contains($0.key) }
    take(
      Discovery(
        others.map(\.feature), anchors: references.parts + elders, width: width,
        settings: settings), others, &draft)
  }

  private mutating func take(
    _ discovery: Discovery, _ entries: [Reservoir.Entry], _ draft: inout BankDraft
  ) {
    for group in discovery.groups {
      let images = group.images.map { entries[$0] }
      guard group.outcome == .born else {
        reject(group, reason: group.outcome.rawValue)
        if group.outcome == .absorbed, let id = group.nearest, draft.isNovel(id) {
          absorbed[id, default: []] += images
        }
        continue
      }
      let id = draft.addBirth(
        towards: draft.direction(of: images.map(\.feature), apartFrom: known))
      births[id] = Birth(group: group, images: images)
    }
  }

  private mutating func reject(_ group: Discovery.Group, reason: String) {
    rejected.append(
      .init(
        images: group.images.count, founders: group.founders, reason: reason,
        separation: group.separation, nearest: group.nearest))
  }

  /// Of births that the draft has dropped.
  mutating func drop(_ ids: [UInt64]) {
    for id in ids {
      if let birth = births.removeValue(forKey: id) { reject(birth.group, reason: "unused") }
    }
  }
}
