import CALLearning
import CALModel

/// What a prototype's images look like: those that an examiner labelled, those that the model holds
/// (`calibration`) or, of a prototype that it holds none of, a sample of what the prototype explained.
struct References {
  /// Images of a prototype in use.
  struct Part {
    let id: UInt64
    let features: [[Float]]
    /// Whether they are images that the prototype was made from, and so say what is not its own
    /// among the images that it explains.
    let areStored: Bool
  }

  let parts: [Part]

  init(_ parts: [Part]) { self.parts = parts }

  init(_ model: Model, _ draft: BankDraft, _ tally: Tally, _ labelled: LabelledImages) {
    var features = labelled.entries.mapValues { $0.map(\.feature) }
    let stored = Dictionary(
      uniqueKeysWithValues: model.calibration.map { ($0.id, $0.features) })
    var areStored: Set<UInt64> = []
    for prototype in model.bank.active.map({ model.bank.prototypes[$0] }) {
      guard let id = draft.heir(of: prototype.id) else { continue }
      if let own = stored[prototype.id], !own.isEmpty {
        features[id, default: []] += own
        areStored.insert(id)
      } else if let sample = tally.samples[prototype.id] {
        features[id, default: []] += sample.entries.map(\.feature)
      }
    }
    parts = draft.prototypes.compactMap { prototype in
      guard let own = features[prototype.id], !own.isEmpty else { return nil }
      return Part(id: prototype.id, features: own, areStored: areStored.contains(prototype.id))
    }
  }
}
