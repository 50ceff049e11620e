import CALModel

extension Updater {
  /// What `commit` would do now; nothing changes. `progress` gets the share that is done, and
  /// says whether to go on.
  public func preview(
    _ settings: CommitSettings = .init(), progress: @escaping (Double) -> Bool = { _ in true }
  ) throws(UpdateError) -> CommitReport {
    try proposal(settings, progress).report
  }

  /// Makes the next epoch out of what was observed, and goes on from it. All of it is on the disk
  /// when this returns; if it throws, nothing has changed, but for an error of the disk that says
  /// that the state must be reopened to be known.
  public func commit(
    _ settings: CommitSettings = .init(), progress: @escaping (Double) -> Bool = { _ in true }
  ) throws(UpdateError) -> CommitReport {
    let proposal = try proposal(settings, progress)
    let model = try model.next(proposal.bank, proposal.calibration)
    var next = folder.snapshot
    next.tally = proposal.tally
    next.nextID = proposal.nextID
    try go(to: model, next, report: options.encode(proposal.report))
    return proposal.report
  }

  /// Goes back to the prototypes of a kept epoch, as a new epoch. Prototypes born since are
  /// retired, and their ids not given again. What was observed stays, and is sorted by the old
  /// prototypes.
  public func rollback(to epoch: UInt64) throws(UpdateError) -> Model {
    let past = try folder.model(ofEpoch: epoch).bank
    let bank = try model.bank.returned(to: past, nextID: folder.snapshot.nextID)
    let next = try model.next(bank)
    var snapshot = folder.snapshot
    snapshot.tally = tally.sorted(by: bank, model.decision)
    try go(to: next, snapshot, report: [])
    return next
  }

  /// The model of a kept epoch.
  public func model(ofEpoch epoch: UInt64) throws(UpdateError) -> Model {
    epoch == model.bank.epoch ? model : try folder.model(ofEpoch: epoch)
  }

  /// The report on the commit that made an epoch, as it was encoded; empty for one without.
  public func report(ofEpoch epoch: UInt64) throws(UpdateError) -> [UInt8] {
    try folder.report(ofEpoch: epoch)
  }

  private func proposal(
    _ settings: CommitSettings, _ progress: @escaping (Double) -> Bool
  ) throws(UpdateError) -> Proposal {
    try Proposal(model, folder.snapshot, settings, UpdateProgress(progress))
  }

  private func go(to model: Model, _ next: Snapshot, report: [UInt8]) throws(UpdateError) {
    var next = next
    next.epochs.append(.init(number: model.bank.epoch, digest: model.digest))
    next.epochs.removeFirst(max(next.epochs.count - options.keep, 0))
    try folder.commit(next, model, report: report)
    become(model)
  }
}

extension Model {
  /// This model with another bank, and this one as its parent.
  fileprivate func next(
    _ bank: Bank, _ calibration: [CalibrationClass] = []
  ) throws(UpdateError) -> Model {
    try modelResult { () throws(ModelError) in
      let bytes = try serialised(with: bank, parent: digest, addingCalibration: calibration)
      return try Model(bytes: bytes.span.bytes)
    }
  }
}

extension Bank {
  fileprivate func returned(to past: Bank, nextID: UInt64) throws(UpdateError) -> Bank {
    let entries = prototypes.map { prototype in
      if let entry = past.entry(ofID: prototype.id) { return past.prototypes[entry] }
      var retired = prototype
      retired.kind = .retired
      retired.vector = []
      return retired
    }
    let (epoch, width, ids) = (epoch + 1, featureCount, max(nextID, self.nextID))
    return try modelResult { () throws(ModelError) in
      try Bank(epoch: epoch, nextID: ids, featureCount: width, prototypes: entries)
    }
  }
}
