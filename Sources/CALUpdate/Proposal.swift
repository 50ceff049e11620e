import CALDigest
import CALLearning
import CALModel

/// What a commit would make of a state: the next bank, what is then still to be explained, and
/// the report.
struct Proposal {
  private(set) var report: CommitReport
  private(set) var bank: Bank
  private(set) var tally: Tally
  private(set) var nextID: UInt64

  private static let rounds = 4
  private static let exampleCount = 12

  init(
    _ model: Model, _ snapshot: Snapshot, _ settings: CommitSettings, _ progress: UpdateProgress
  ) throws(UpdateError) {
    try settings.check()
    var draft = try BankDraft(
      model.bank, labels: snapshot.tally.labels, nextID: snapshot.nextID)
    try progress.reach(0)
    let known = KnownImages(
      model, snapshot.tally.without(Set(snapshot.tally.imageLabels.images.keys)))
    let knownMean = meanDirection(known.features.map(\.feature))
    let labelled = LabelledImages(snapshot.tally.imageLabels, &draft, apartFrom: knownMean)
    let labelCounts = labelled.counts(snapshot.tally)
    let old = snapshot.tally.without(labelled.keys)
    let entries = old.reservoir.entries
    let discovery = Discovery(
      entries.map(\.feature), anchors: Proposal.anchors(model, draft, old, known, labelled),
      width: model.bank.featureCount, settings: settings)
    try progress.reach(0.4)
    var founded: [UInt64: Discovery.Group] = [:]
    var rejected: [CommitReport.Rejection] = []
    for group in discovery.groups {
      guard group.outcome == .born else {
        rejected.append(.init(group, reason: group.outcome.rawValue))
        continue
      }
      let features = group.images.map { entries[$0].feature }
      founded[draft.addBirth(of: features, apartFrom: knownMean)] = group
    }

    let images = founded.mapValues { group in group.images.map { entries[$0].feature } }
    let cached = Cached(
      model, old, known, images, labelled, draft.head(model.decision.temperature))
    let observed = old.counts.mapValues(\.images).merging(labelCounts) { $0 &+ $1 }
    for round in 0..<Proposal.rounds {
      try draft.refine(cached, model.decision.temperature)
      try progress.reach(0.4 + 0.5 * Double(round + 1) / Double(Proposal.rounds))
      let unused = draft.dropUnusedBirths(cached, model.decision.temperature, settings)
      for id in unused {
        if let group = founded.removeValue(forKey: id) {
          rejected.append(.init(group, reason: "unused"))
        }
      }
      let pruned = try draft.prune(
        cached, observed, model.decision.temperature, settings)
      for id in pruned {
        if let group = founded.removeValue(forKey: id) {
          rejected.append(.init(group, reason: "unused"))
        }
      }
      if unused.isEmpty && pruned.isEmpty { break }
    }
    var assigned = founded.mapValues { group in group.images.map { entries[$0] } }
    for group in discovery.groups where group.outcome == .absorbed {
      guard let id = group.nearest, draft.isNovel(id) else { continue }
      assigned[id, default: []] += group.images.map { entries[$0] }
    }
    let (bank, tally) = try draft.finish(
      old, assigned: assigned, labelled: labelled, labelCounts: labelCounts,
      decision: model.decision)
    self.bank = bank
    self.tally = tally
    nextID = bank.nextID
    report = CommitReport(parent: model.digest, known: known.compare(model, bank))
    describe(model.bank, old, draft, founded, entries, labelled)
    report.rejected = rejected
    try check(settings)
    try progress.reach(1)
  }

  /// Images of each prototype in use, to tell new methods from.
  private static func anchors(
    _ model: Model, _ draft: BankDraft, _ tally: Tally, _ known: KnownImages,
    _ labelled: LabelledImages
  ) -> [Discovery.Anchor] {
    var features = labelled.entries.mapValues { $0.map(\.feature) }
    for prototype in model.bank.active.map({ model.bank.prototypes[$0] }) {
      guard let id = draft.heir(of: prototype.id) else { continue }
      if prototype.kind == .known && known.source == .calibration {
        features[id, default: []] +=
          known.features.filter { $0.id == prototype.id }.map(\.feature)
      } else if let sample = tally.samples[prototype.id] {
        features[id, default: []] += sample.entries.map(\.feature)
      }
    }
    return draft.prototypes.compactMap { prototype in
      guard let own = features[prototype.id], !own.isEmpty else { return nil }
      return .init(id: prototype.id, features: own)
    }
  }

  private mutating func describe(
    _ before: Bank, _ old: Tally, _ draft: BankDraft, _ founded: [UInt64: Discovery.Group],
    _ entries: [Reservoir.Entry], _ labelled: LabelledImages
  ) {
    report.fromEpoch = before.epoch
    report.epoch = bank.epoch
    report.seen = old.seen
    report.unexplained = old.unexplained
    report.methods = bank.active.count
    report.retired = draft.retired
    report.renamed = draft.renamed
    for entry in bank.active {
      let prototype = bank.prototypes[entry]
      let images = labelled.entries[prototype.id] ?? []
      report.usage.append(.init(id: prototype.id, images: prototype.usage))
      if !images.isEmpty {
        report.labelled.append(.init(id: prototype.id, images: UInt64(images.count)))
      }
      if labelled.births.contains(prototype.id) {
        report.born.append(birth(prototype, images, images.count, .infinity, nil, draft.answered))
      } else if let group = founded[prototype.id] {
        report.born.append(
          birth(
            prototype, group.images.map { entries[$0] }, group.founders, group.separation,
            group.nearest, draft.answered))
      } else if let own = before.entry(ofID: prototype.id) {
        let cosine = cosine(before.prototypes[own].vector, prototype.vector)
        if cosine < 0.999999 { report.moved.append(.init(id: prototype.id, cosine: cosine)) }
      }
    }
  }

  private func birth(
    _ prototype: Prototype, _ images: [Reservoir.Entry], _ founders: Int, _ separation: Double,
    _ nearest: UInt64?, _ answered: [UInt64: Int]
  ) -> CommitReport.Birth {
    let ranked = images.enumerated()
      .map { (cosine($1.feature, prototype.vector), $0) }
      .sorted { ($1.0, $0.1) < ($0.0, $1.1) }
    return .init(
      id: prototype.id, images: images.count, answered: answered[prototype.id] ?? 0,
      founders: founders, separation: separation, nearest: nearest,
      examples: ranked.prefix(Proposal.exampleCount).map { images[$0.1].key },
      name: prototype.name)
  }

  private func check(_ settings: CommitSettings) throws(UpdateError) {
    let known = report.known
    guard known.source == .calibration, known.before > known.after else { return }
    let loss = Double(known.before - known.after) / Double(known.images)
    guard loss > settings.knownLoss else { return }
    throw .refused(
      "the commit would leave \(known.after) of \(known.images) calibration images with the right"
        + " answer, before there are \(known.before): a loss of \(loss), at most"
        + " \(settings.knownLoss) is allowed (known_loss)")
  }
}

extension CommitReport.Rejection {
  fileprivate init(_ group: Discovery.Group, reason: String) {
    self.init(
      images: group.images.count, founders: group.founders, reason: reason,
      separation: group.separation, nearest: group.nearest)
  }
}

/// 0 for a vector without a direction.
func cosine(_ a: [Float], _ b: [Float]) -> Double {
  guard a.count == b.count else { return 0 }
  var (product, aa, bb) = (0.0, 0.0, 0.0)
  for i in a.indices {
    product += Double(a[i]) * Double(b[i])
    aa += Double(a[i]) * Double(a[i])
    bb += Double(b[i]) * Double(b[i])
  }
  return aa > 0 && bb > 0 ? product / (aa * bb).squareRoot() : 0
}
