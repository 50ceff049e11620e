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
  /// Images of births, for a model that holds images of its prototypes.
  private(set) var calibration: [CalibrationClass] = []

  private static let rounds = 4
  private static let exampleCount = 12

  init(
    _ model: Model, _ snapshot: Snapshot, _ settings: CommitSettings, _ progress: UpdateProgress
  ) throws(UpdateError) {
    try settings.check()
    var draft = try BankDraft(
      model, labels: snapshot.tally.labels, nextID: snapshot.nextID)
    try progress.reach(0)
    let known = KnownImages(
      model, snapshot.tally.without(Set(snapshot.tally.imageLabels.images.keys)))
    let knownMean = meanDirection(known.features.map(\.feature))
    let labelled = try LabelledImages(snapshot.tally.imageLabels, &draft, apartFrom: knownMean)
    let labelCounts = labelled.counts(snapshot.tally)
    let old = snapshot.tally.without(labelled.keys)
    var found = NewMethods(
      old, References(model, draft, old, labelled), &draft, known: knownMean, settings)
    try progress.reach(0.4)
    let cached = Cached(
      model, old, known, found.births.mapValues { $0.images.map(\.feature) }, labelled,
      draft.head(model.decision.temperature))
    let observed = old.counts.mapValues(\.images).merging(labelCounts, uniquingKeysWith: saturating)
    for round in 0..<Proposal.rounds {
      try draft.refine(cached, model.decision.temperature)
      try progress.reach(0.4 + 0.5 * Double(round + 1) / Double(Proposal.rounds))
      let unused = draft.dropUnusedBirths(cached, model.decision.temperature, settings)
      let pruned = try draft.prune(
        cached, observed, model.decision.temperature, settings)
      found.drop(unused + pruned)
      if unused.isEmpty && pruned.isEmpty { break }
    }
    var (bank, tally) = try Proposal.finish(draft, old, found, labelled, labelCounts, model)
    while settings.refuses(known.compare(model, bank)),
      draft.holdBack(known, model.decision.temperature)
    {
      found.drop(draft.dropUnusedBirths(cached, model.decision.temperature, settings))
      (bank, tally) = try Proposal.finish(draft, old, found, labelled, labelCounts, model)
    }
    self.bank = bank
    self.tally = tally
    nextID = bank.nextID
    if !model.calibration.isEmpty {
      let births = found.births.mapValues(\.images)
        .merging(labelled.entries.filter { labelled.births.contains($0.key) }) { own, _ in own }
      calibration = births.sorted { $0.key < $1.key }.map { id, images in
        CalibrationClass(
          id: id, features: CalibrationClass.chosen(of: images.count).map { images[$0].feature })
      }
    }
    report = CommitReport(parent: model.digest, known: known.compare(model, bank))
    describe(model.bank, old, draft, found, labelled)
    try check(settings)
    try progress.reach(1)
  }

  private static func finish(
    _ draft: BankDraft, _ old: Tally, _ found: NewMethods, _ labelled: LabelledImages,
    _ labelCounts: [UInt64: UInt64], _ model: Model
  ) throws(UpdateError) -> (Bank, Tally) {
    try draft.finish(
      old, assigned: found.births.mapValues(\.images).merging(found.absorbed, uniquingKeysWith: +),
      labelled: labelled, labelCounts: labelCounts, decision: model.decision)
  }

  private mutating func describe(
    _ before: Bank, _ old: Tally, _ draft: BankDraft, _ found: NewMethods,
    _ labelled: LabelledImages
  ) {
    report.fromEpoch = before.epoch
    report.epoch = bank.epoch
    report.seen = old.seen
    report.unexplained = old.unexplained
    report.methods = bank.active.count
    report.retired = draft.retired
    report.renamed = draft.renamed
    report.rejected = found.rejected
    for entry in bank.active {
      let prototype = bank.prototypes[entry]
      let images = labelled.entries[prototype.id] ?? []
      report.usage.append(.init(id: prototype.id, images: prototype.usage))
      if !images.isEmpty {
        report.labelled.append(.init(id: prototype.id, images: UInt64(images.count)))
      }
      if labelled.births.contains(prototype.id) {
        report.born.append(birth(prototype, images, images.count, .infinity, nil, draft.answered))
      } else if let birth = found.births[prototype.id] {
        let group = birth.group
        report.born.append(
          self.birth(
            prototype, birth.images, group.founders, group.separation, group.nearest,
            draft.answered))
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
    guard settings.refuses(known) else { return }
    throw .refused(
      "the commit would leave \(known.after) of \(known.images) calibration images with the right"
        + " answer, before there are \(known.before): a loss of \(known.loss), at most"
        + " \(settings.knownLoss) is allowed (known_loss)")
  }
}

extension CommitSettings {
  fileprivate func refuses(_ known: CommitReport.KnownAnswers) -> Bool {
    known.source == .calibration && known.loss > knownLoss
  }
}

extension CommitReport.KnownAnswers {
  /// Share of the images; 0 if none is lost.
  fileprivate var loss: Double {
    before > after ? Double(before - after) / Double(max(images, 1)) : 0
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
