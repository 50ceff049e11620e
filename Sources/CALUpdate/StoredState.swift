import CALModel

/// What the files of a state say. Reading them changes none.
struct StoredState {
  /// That of the current epoch.
  let model: Model
  /// With what the journal adds to it.
  private(set) var snapshot: Snapshot
  /// Bytes of the snapshot's file.
  let snapshotSize: Int
  /// The journal's file; nil if there is none.
  let journal: [UInt8]?
  /// What is to stay of it.
  private(set) var journalEnd = 0
  /// Number of the last record.
  private(set) var lastRecord: UInt64
  private(set) var recovery: Recovery?

  /// Throws for a journal that is damaged or missing, unless it is to be salvaged.
  init(_ path: String, _ files: FileSystem, salvage: Bool) throws(UpdateError) {
    let name = path + "/snapshot"
    guard let bytes = try ioResult({ () throws(FileError) in try files.read(name) }), !bytes.isEmpty
    else { throw .notFound("\(path) has no state of an updater") }
    let head = try Snapshot.Head(bytes, name: name)
    model = try StoredState.model(head.epochs[head.epochs.count - 1], path, files)
    snapshot = try Snapshot(head, features: model.spec.featureCount)
    snapshotSize = bytes.count
    lastRecord = snapshot.record
    let journalName = path + "/journal"
    journal = try ioResult { () throws(FileError) in try files.read(journalName) }
    if let journal {
      try replay(journal, journalName, salvage: salvage)
    } else {
      // There is one from the beginning on.
      guard salvage else {
        throw .damaged(
          "\(journalName) is missing, and with it what was observed since the last snapshot;"
            + " salvage goes on without")
      }
      recovery = Recovery(offset: 0, lost: 0, isDamage: true)
    }
  }

  /// What another updater has there, which is left as it is, even if it may not be written.
  static func read(_ path: String, _ files: FileSystem) throws(UpdateError) -> StoredState {
    let lock: OpenFile?
    switch try ioResult({ () throws(FileError) in try files.lockForReading(path + "/lock") }) {
    case .held(let file): lock = OpenFile(file, files)
    case .taken: throw .locked("\(path) is in use by another updater")
    case .absent: lock = nil
    }
    // Without a lock nobody is kept from a commit meanwhile.
    let snapshot = { () throws(UpdateError) in
      guard lock == nil else { return [UInt8]?.none }
      return try ioResult { () throws(FileError) in try files.read(path + "/snapshot") }
    }
    let before = try snapshot()
    let stored = try StoredState(path, files, salvage: false)
    guard try snapshot() == before else {
      throw .locked("\(path) was changed by another updater while it was read")
    }
    withExtendedLifetime(lock) {}
    return stored
  }

  static func model(
    _ epoch: Snapshot.Epoch, _ path: String, _ files: FileSystem
  ) throws(UpdateError) -> Model {
    let name = path + "/" + modelName(epoch.number)
    guard let bytes = try ioResult({ () throws(FileError) in try files.read(name) }) else {
      throw .damaged("\(name) is missing")
    }
    let model = try modelResult { () throws(ModelError) in try Model(bytes: bytes.span.bytes) }
    guard model.digest == epoch.digest else {
      throw .damaged("\(name) has the digest \(model.digest.hex), not \(epoch.digest.hex)")
    }
    return model
  }

  private mutating func replay(
    _ bytes: [UInt8], _ name: String, salvage: Bool
  ) throws(UpdateError) {
    var contents = Journal.read(bytes)
    if let first = contents.records.first, first.number > snapshot.record &+ 1 {
      contents = Journal.Contents(records: [], end: 0, rest: .damaged)
    }
    if contents.rest != .nothing {
      let found = Recovery(
        offset: contents.end, lost: bytes.count - contents.end,
        isDamage: contents.rest == .damaged)
      guard salvage || !found.isDamage else { throw found.error(name) }
      recovery = found
    }
    for record in contents.records where record.number > snapshot.record {
      var reader = ByteReader(record.body, name: name)
      try Change(&reader, snapshot.tally.settings, features: model.spec.featureCount)
        .apply(to: &snapshot.tally)
      lastRecord = record.number
    }
    // A journal of which the snapshot has everything is of no use, and what is written next would
    // not follow its last record if earlier versions had not synced the rest of it.
    let isOld = (contents.records.last?.number ?? 0) <= snapshot.record
    journalEnd = isOld ? 0 : contents.end
  }
}

/// What reopening found at the end of the journal.
public struct Recovery: Sendable, Equatable {
  /// Where the good records end, in bytes.
  public var offset: Int
  /// Bytes behind that.
  public var lost: Int
  /// Whether they may have been acknowledged. If not, the machine stopped while they were
  /// written. A journal that is missing is damaged, too.
  public var isDamage: Bool

  func error(_ name: String) -> UpdateError {
    .damaged(
      "\(name) is damaged at byte \(offset): the \(lost) bytes from there on are not what was"
        + " written; salvage keeps what is in front of it")
  }
}

/// A file that is closed when nobody uses it any more.
final class OpenFile {
  let number: Int32
  private let files: FileSystem

  init(_ number: Int32, _ files: FileSystem) {
    self.number = number
    self.files = files
  }

  deinit { files.close(number) }
}

func modelName(_ epoch: UInt64) -> String { "epoch-\(epoch).cal" }
func reportName(_ epoch: UInt64) -> String { "epoch-\(epoch).json" }

/// Whether one of these two gives that name, or it is of such a file that was not finished.
func isOfAnEpoch(_ name: String) -> Bool {
  let digits = name.drop { !("0"..."9").contains($0) }.prefix { ("0"..."9").contains($0) }
  guard let epoch = UInt64(digits) else { return false }
  return [modelName(epoch), reportName(epoch)].contains { name == $0 || name == $0 + ".new" }
}
