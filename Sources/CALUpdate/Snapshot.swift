import CALDigest

/// A whole state: what it is made with, which epochs it keeps, and what was observed since the
/// last commit. The file is little-endian: "CALS", version, the fields below, and the SHA-256 of
/// all that.
struct Snapshot: Sendable, Equatable {
  /// An epoch whose model is kept in the folder.
  struct Epoch: Sendable, Equatable {
    let number: UInt64
    /// Of its model file.
    let digest: Digest
  }

  var tally: Tally
  /// Rising; the last one is the current one.
  var epochs: [Epoch]
  /// Above every id that was ever given, also in epochs that were rolled back.
  var nextID: UInt64
  /// The journal's last record that is in here already.
  var record: UInt64

  private static let magic: UInt32 = 0x534C_4143
  private static let version: UInt32 = 1

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.add(Snapshot.magic)
    writer.add(Snapshot.version)
    writer.add(record)
    writer.add(nextID)
    writer.add(tally.settings.seed)
    writer.add(UInt64(tally.settings.reservoir))
    writer.add(UInt64(tally.settings.samples))
    writer.add(UInt64(epochs.count))
    for epoch in epochs {
      writer.add(epoch.number)
      writer.add(epoch.digest)
    }
    tally.write(to: &writer)
    writer.add(Snapshot.digest(writer.bytes[...]))
    return writer.bytes
  }

  /// Which model a snapshot belongs to can be read without knowing the model.
  struct Head {
    let record, nextID: UInt64
    let settings: UpdateSettings
    let epochs: [Epoch]
    fileprivate let rest: ByteReader

    init(_ bytes: [UInt8], name: String) throws(UpdateError) {
      let end = bytes.count - Digest.byteCount
      var reader = ByteReader(bytes[..<max(end, 0)], name: name)
      guard try reader.number(UInt32.self) == magic else {
        throw .damaged("\(name) is not a snapshot of an updater")
      }
      let found = try reader.number(UInt32.self)
      guard found == version else {
        throw .damaged("\(name) has version \(found), this libcal reads \(version)")
      }
      let stored = Array(bytes[end...])
      guard Digest(stored.span.bytes) == digest(bytes[..<end]) else {
        throw .damaged("\(name) is damaged: its digest is another")
      }
      record = try reader.counter()
      nextID = try reader.counter()
      var settings = UpdateSettings()
      settings.seed = try reader.number(UInt64.self)
      settings.reservoir = Int(clamping: try reader.number(UInt64.self))
      settings.samples = Int(clamping: try reader.number(UInt64.self))
      try settings.check()
      self.settings = settings
      var epochs: [Epoch] = []
      for _ in 0..<(try reader.count(size: 40)) {
        epochs.append(Epoch(number: try reader.counter(), digest: try reader.digest()))
      }
      guard !epochs.isEmpty else { throw reader.damaged("no epoch") }
      self.epochs = epochs
      rest = reader
    }
  }

  init(tally: Tally, epochs: [Epoch], nextID: UInt64, record: UInt64) {
    self.tally = tally
    self.epochs = epochs
    self.nextID = nextID
    self.record = record
  }

  init(_ head: Head, features: Int) throws(UpdateError) {
    var reader = head.rest
    let tally = try Tally(&reader, head.settings, features: features)
    guard reader.isAtEnd else { throw reader.damaged("more than a snapshot") }
    self.init(tally: tally, epochs: head.epochs, nextID: head.nextID, record: head.record)
  }

  var current: Epoch { epochs[epochs.count - 1] }

  private static func digest(_ bytes: ArraySlice<UInt8>) -> Digest {
    var sha = SHA256()
    bytes.withUnsafeBytes { sha.update($0.bytes) }
    return sha.finish()
  }
}
