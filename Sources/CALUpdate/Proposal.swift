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
    let old = snapshot.tally
    let entries = old.reservoir.entries
    let known = KnownImages(model, old)
    var draft = try BankDraft(model.bank, labels: old.labels, nextID: snapshot.nextID)
    try progress.reach(0)
    let discovery = Discovery(
      entries.map(\.feature), anchors: Proposal.anchors(model, old, known),
      width: model.bank.featureCount, settings: settings)
    try progress.reach(0.4)
    let knownMean = meanDirection(known.features.map(\.feature))
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
      model, old, known, images, draft.head(model.decision.temperature))
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
        cached, old.counts.mapValues(\.images), model.decision.temperature, settings)
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
    let (bank, tally) = try draft.finish(old, assigned: assigned, decision: model.decision)
    self.bank = bank
    self.tally = tally
    nextID = bank.nextID
    report = CommitReport(parent: model.digest, known: known.compare(model, bank))
    describe(model.bank, old, draft, founded, entries)
    report.rejected = rejected
    try check(settings)
    try progress.reach(1)
  }

  /// Images of each prototype in use, to tell new methods from.
  private static func anchors(
    _ model: Model, _ tally: Tally, _ known: KnownImages
  ) -> [Discovery.Anchor] {
    model.bank.active.map { model.bank.prototypes[$0] }.compactMap { prototype in
      var features = tally.samples[prototype.id]?.entries.map(\.feature) ?? []
      if prototype.kind == .known && known.source == .calibration {
        features = known.features.filter { $0.id == prototype.id }.map(\.feature)
      }
      return features.isEmpty ? nil : .init(id: prototype.id, features: features)
    }
  }

  private mutating func describe(
    _ before: Bank, _ old: Tally, _ draft: BankDraft, _ founded: [UInt64: Discovery.Group],
    _ entries: [Reservoir.Entry]
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
      report.usage.append(.init(id: prototype.id, images: prototype.usage))
      if let group = founded[prototype.id] {
        report.born.append(birth(prototype, group, draft.answered, entries))
      } else if let own = before.entry(ofID: prototype.id) {
        let cosine = cosine(before.prototypes[own].vector, prototype.vector)
        if cosine < 0.999999 { report.moved.append(.init(id: prototype.id, cosine: cosine)) }
      }
    }
  }

  private func birth(
    _ prototype: Prototype, _ group: Discovery.Group, _ answered: [UInt64: Int],
    _ entries: [Reservoir.Entry]
  ) -> CommitReport.Birth {
    let nearest = group.images.map { (cosine(entries[$0].feature, prototype.vector), $0) }
      .sorted { ($1.0, $0.1) < ($0.0, $1.1) }
    return .init(
      id: prototype.id, images: group.images.count,
      answered: answered[prototype.id] ?? 0, founders: group.founders,
      separation: group.separation, nearest: group.nearest,
      examples: nearest.prefix(Proposal.exampleCount).map { entries[$0.1].key })
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
