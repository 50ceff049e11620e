import CALModel

/// The files of a state: `lock`, `snapshot`, `journal`, and for each kept epoch its model,
/// `epoch-N.cal`, and what the commit that made it said, `epoch-N.json`.
///
/// The snapshot is the state's one truth: a commit writes its other files first, and has happened
/// when the snapshot is replaced. Between snapshots the journal takes what is observed. Whatever
/// operation fails, or is the last one of the process, reopening finds the state after some
/// prefix of what was asked for, with everything in it that was acknowledged.
final class StateFolder {
  let path: String
  private let files: FileSystem
  private let lock: OpenFile
  private let journal: OpenFile
  private(set) var snapshot: Snapshot
  let recovery: Recovery?
  private var journalSize: Int
  private var snapshotSize: Int
  /// Number of the journal's last record.
  private var lastRecord: UInt64
  /// Set by a failure after which it is not known what is on the disk.
  private var failure: FileError?

  /// Bytes of journal after which a snapshot takes its place, or the snapshot's size if that is
  /// more: so disk space is bounded, and snapshots are a constant share of what is written.
  var journalLimit = 16 << 20

  /// Bytes of a record's body.
  var recordLimit = Journal.limit

  private init(
    _ path: String, _ files: FileSystem, _ lock: OpenFile, _ snapshot: Snapshot, size: Int,
    stored: StoredState? = nil
  ) throws(UpdateError) {
    journal = OpenFile(
      try ioResult { () throws(FileError) in try files.open(path + "/journal", .update) }, files)
    self.path = path
    self.files = files
    self.lock = lock
    self.snapshot = snapshot
    snapshotSize = size
    recovery = stored?.recovery
    journalSize = stored?.journalEnd ?? 0
    lastRecord = stored?.lastRecord ?? snapshot.record
  }

  /// A state that has seen nothing. The folder may be there, but must not have a state.
  static func create(
    _ path: String, _ tally: Tally, model: Model, files: FileSystem
  ) throws(UpdateError) -> StateFolder {
    try ioResult { () throws(FileError) in try files.makeFolder(path) }
    let lock = try takeLock(path, files)
    let found = try ioResult { () throws(FileError) in try files.read(path + "/snapshot") }
    guard found == nil else { throw .argument("\(path) has a state already") }
    let epoch = Snapshot.Epoch(number: model.bank.epoch, digest: model.digest)
    let snapshot = Snapshot(tally: tally, epochs: [epoch], nextID: model.bank.nextID, record: 0)
    let folder = try StateFolder(path, files, lock, snapshot, size: snapshot.bytes.count)
    try ioResult { () throws(FileError) in
      // Of a creation that did not get to its end.
      try files.truncate(folder.journal.number, 0)
      try files.sync(folder.journal.number)
      try folder.write(model.fileBytes, modelName(epoch.number))
      try folder.write(snapshot.bytes, "snapshot")
    }
    return folder
  }

  /// Reopens a state, and gives its current model with it. Throws for a journal that is damaged
  /// unless it is to be salvaged: then what follows the damage is set aside in `journal.damaged`.
  static func open(
    _ path: String, files: FileSystem, salvage: Bool
  ) throws(UpdateError) -> (StateFolder, Model) {
    let name = path + "/snapshot"
    guard let early = try ioResult({ () throws(FileError) in try files.read(name) }), !early.isEmpty
    else { throw .notFound("\(path) has no state of an updater") }
    let lock = try takeLock(path, files)
    // Again, because who held the lock may have written since.
    let stored = try StoredState(path, files, salvage: salvage)
    let folder = try StateFolder(
      path, files, lock, stored.snapshot, size: stored.snapshotSize, stored: stored)
    try folder.tidy(stored)
    try? folder.removeOrphans()
    return (folder, stored.model)
  }

  /// Sets what is damaged aside, and cuts off what is to be no more.
  private func tidy(_ stored: StoredState) throws(UpdateError) {
    try ioResult { () throws(FileError) in
      guard let journal = stored.journal else { return try files.syncFolder(path) }
      if let recovery, recovery.isDamage {
        try write(Array(journal[recovery.offset...]), "journal.damaged")
      }
      if journalSize < journal.count { try cut(to: journalSize) }
    }
  }

  /// Removes what a commit left behind that failed or was not finished.
  private func removeOrphans() throws(FileError) {
    let epochs = snapshot.epochs.map(\.number)
    let kept = epochs.map(modelName) + epochs.map(reportName)
    let orphans = try files.list(path).filter { isOfAnEpoch($0) && !kept.contains($0) }
    guard !orphans.isEmpty else { return }
    // Before they go it must be certain that the snapshot stays which does not list them.
    try files.syncFolder(path)
    for name in orphans { try files.remove(path + "/" + name) }
  }

  /// The model of a kept epoch.
  func model(ofEpoch number: UInt64) throws(UpdateError) -> Model {
    guard let epoch = snapshot.epochs.first(where: { $0.number == number }) else {
      throw .notFound("epoch \(number) is not kept; there are \(snapshot.epochs.map(\.number))")
    }
    return try StoredState.model(epoch, path, files)
  }

  /// What the commit that made an epoch said; empty for the first one.
  func report(ofEpoch number: UInt64) throws(UpdateError) -> [UInt8] {
    try ioResult { () throws(FileError) in
      try files.read(path + "/" + reportName(number)) ?? []
    }
  }

  /// Adds a change to journal and state. It is acknowledged by the next `sync`.
  func append(_ change: Change) throws(UpdateError) {
    try checkUsable()
    guard lastRecord < Limit.counter else {
      throw .io("\(path)/journal has no number left for a record")
    }
    let record = try Journal.record(lastRecord + 1, limit: recordLimit) { change.write(to: &$0) }
    do throws(FileError) {
      try files.writeAll(record, to: journal.number, at: journalSize)
    } catch {
      try? cut(to: journalSize)
      throw .io(error.description)
    }
    try change.apply(to: &snapshot.tally)
    journalSize += record.count
    lastRecord += 1
  }

  /// Returns when everything appended is on the disk.
  func sync() throws(UpdateError) {
    try syncJournal()
    // Only for tidiness: the journal has everything until it was emptied.
    if journalSize > max(journalLimit, snapshotSize) { try? compact() }
  }

  private func syncJournal() throws(UpdateError) {
    try checkUsable()
    do throws(FileError) {
      try files.sync(journal.number)
    } catch {
      // What a later sync says of these bytes means nothing.
      failure = error
      throw .io(error.description)
    }
  }

  /// Makes `next`, whose current epoch is that of `model`, the state; all of it or nothing.
  func commit(_ next: Snapshot, _ model: Model, report: [UInt8]) throws(UpdateError) {
    // A snapshot must not have what a stop of the machine could take from the journal.
    try syncJournal()
    var next = next
    next.record = lastRecord
    let bytes = next.bytes
    try ioResult { () throws(FileError) in
      try write(model.fileBytes, modelName(next.current.number))
      try write(report, reportName(next.current.number))
    }
    do throws(FileError) {
      try write(bytes, "snapshot")
    } catch {
      // It is not known which of the two a reopening would find.
      failure = error
      throw .io(error.description)
    }
    let old = snapshot.epochs
    snapshot = next
    snapshotSize = bytes.count
    try? cut(to: 0)
    for epoch in old where !next.epochs.contains(epoch) {
      try? files.remove(path + "/" + modelName(epoch.number))
      try? files.remove(path + "/" + reportName(epoch.number))
    }
  }

  private func compact() throws(FileError) {
    snapshot.record = lastRecord
    let bytes = snapshot.bytes
    try write(bytes, "snapshot")
    snapshotSize = bytes.count
    try cut(to: 0)
  }

  /// Cuts the journal, and sees to it that what is written next does not meet what was cut off.
  private func cut(to size: Int) throws(FileError) {
    do throws(FileError) {
      try files.truncate(journal.number, size)
      try files.sync(journal.number)
      journalSize = size
    } catch {
      failure = error
      throw error
    }
  }

  private func write(_ bytes: [UInt8], _ name: String) throws(FileError) {
    try files.replace(path + "/" + name, in: path, with: bytes)
  }

  private func checkUsable() throws(UpdateError) {
    guard let failure else { return }
    throw .io("the state must be reopened, because of an earlier failure: \(failure)")
  }
}

private func takeLock(_ path: String, _ files: FileSystem) throws(UpdateError) -> OpenFile {
  guard
    let lock = try ioResult({ () throws(FileError) in try files.lock(path + "/lock") })
  else { throw .locked("\(path) is in use by another updater") }
  return OpenFile(lock, files)
}

/// Turns a file's error into an update's.
func ioResult<Result>(_ body: () throws(FileError) -> Result) throws(UpdateError) -> Result {
  do throws(FileError) { return try body() } catch { throw .io(error.description) }
}

extension Model {
  /// A copy of the serialised model.
  fileprivate var fileBytes: [UInt8] {
    withBytes { bytes in bytes.withUnsafeBytes { Array($0) } }
  }
}
