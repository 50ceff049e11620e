import CALModel
import Foundation
import Testing

@testable import CALUpdate

/// What opening makes of files that were left behind by a stop of the machine, or by somebody.
@Suite struct RecoveryTests {
  /// Of a journal that was not synced the machine may have kept the beginning, though the snapshot
  /// has all of it.
  @Test(arguments: 1...5) func aJournalMayBeBehindTheSnapshot(records: Int) throws {
    let disk = SimulatedDisk()
    var journals: [[UInt8]] = []
    do {
      let updater = try Updater.create("state", model: Fixture.model(), options: .on(disk.files))
      for round in 0..<5 {
        try updater.observe(Stream.stranger(10, seed: UInt64(round)))
        journals.append(try #require(disk.contents("state/journal")))
      }
      // A new snapshot, and what was observed stays.
      _ = try updater.rollback(to: 3)
    }
    disk.change("state/journal") { $0 = journals[records - 1] }
    do {
      let updater = try Updater.open("state", options: .on(disk.files))
      #expect(updater.tally.seen == 50)
      try updater.observe(Stream.stranger(10, seed: 5))
      try updater.observe(Stream.stranger(10, seed: 6))
    }
    let again = try Updater.open("state", options: .on(disk.files))
    #expect(again.tally.seen == 70 && again.recovery == nil)
  }

  /// A call that is refused behind its first record leaves that one in the journal, not synced. If
  /// the snapshot has it, so must the disk.
  @Test func aSnapshotIsNotAheadOfTheJournal() throws {
    let (known, told) = (Stream.stranger(10, seed: 1), Stream.stranger(1100, seed: 2))
    var settings = UpdateSettings()
    settings.reservoir = 1050
    func refused(on disk: SimulatedDisk) throws -> Updater {
      let updater = try Updater.create(
        "state", model: Fixture.model(), settings: settings, options: .on(disk.files))
      try updater.observe(known)
      #expect(throws: UpdateError.self) {
        try updater.label(told.keys, features: told.features, as: .named("told"))
      }
      #expect(updater.tally.imageLabels.count == 1024)
      return updater
    }
    let counted = SimulatedDisk()
    let updater = try refused(on: counted)
    counted.inject(nil)
    _ = try updater.rollback(to: 3)
    for operation in 0..<counted.operations {
      let disk = SimulatedDisk()
      let updater = try refused(on: disk)
      disk.inject(.powerLoss, at: operation)
      // Tidying up may fail without a word.
      _ = try? updater.rollback(to: 3)
      disk.restart()
      do {
        try Updater.open("state", options: .on(disk.files)).observe(Stream.stranger(10, seed: 3))
      }
      disk.restart()
      let again = try Updater.open("state", options: .on(disk.files))
      #expect(again.tally.seen == 20 && again.recovery == nil, "at \(operation)")
    }
  }

  /// As a forged snapshot may say, whose digest is right.
  @Test func aRecordAlwaysHasANextOne() throws {
    let disk = SimulatedDisk()
    var snapshot: Snapshot
    do {
      let updater = try Updater.create("state", model: Fixture.model(), options: .on(disk.files))
      snapshot = updater.folder.snapshot
    }
    for (record, isGood) in [
      (UInt64.max, false), (Limit.counter + 1, false), (Limit.counter - 1, true),
    ] {
      snapshot.record = record
      let bytes = snapshot.bytes
      disk.change("state/snapshot") { $0 = bytes }
      do {
        try Updater.open("state", options: .on(disk.files)).observe(Stream.stranger(10, seed: 1))
        #expect(isGood)
      } catch {
        guard case .damaged(let text) = error else { throw error }
        #expect(!isGood && text.contains("\(record)"))
      }
    }
  }

  /// A state has a journal from its beginning on, so one without has lost what was observed.
  @Test func aMissingJournalIsDamage() throws {
    let disk = SimulatedDisk()
    do {
      let updater = try Updater.create("state", model: Fixture.model(), options: .on(disk.files))
      try updater.observe(Stream.stranger(10, seed: 1))
    }
    try disk.files.remove("state/journal")
    let error = #expect(throws: UpdateError.self) {
      _ = try Updater.open("state", options: .on(disk.files))
    }
    guard case .damaged(let text)? = error else {
      return #expect(Bool(false), "what was observed is gone, and nobody says so")
    }
    #expect(text.contains("state/journal"))
    #expect(!disk.names.contains("state/journal"))
    var salvaging = Updater.Options.on(disk.files)
    salvaging.salvages = true
    do {
      let updater = try Updater.open("state", options: salvaging)
      #expect(updater.recovery == Recovery(offset: 0, lost: 0, isDamage: true))
      try updater.observe(Stream.stranger(10, seed: 2))
    }
    #expect(!disk.names.contains("state/journal.damaged"))
    // The name of the new one lasts, too.
    disk.inject(.powerLoss)
    #expect(throws: FileError.self) { try disk.files.syncFolder("state") }
    disk.restart()
    let again = try Updater.open("state", options: .on(disk.files))
    #expect(again.tally.seen == 10 && again.recovery == nil)
  }

  /// How many operations on files a commit of a new state makes.
  private func operationsOfARollback() throws -> Int {
    let disk = SimulatedDisk()
    let updater = try Updater.create("state", model: Fixture.model(), options: .on(disk.files))
    disk.inject(nil)
    _ = try updater.rollback(to: 3)
    return disk.operations
  }

  /// As on a disk that is full and stays so.
  @Test(arguments: [SimulatedDisk.Fault.error, .shortWrite])
  func aFailedCommitLeavesNoPartsOfFiles(fault: SimulatedDisk.Fault) throws {
    for operation in 0..<(try operationsOfARollback()) {
      let disk = SimulatedDisk()
      let updater = try Updater.create("state", model: Fixture.model(), options: .on(disk.files))
      disk.inject(fault, at: operation)
      _ = try? updater.rollback(to: 3)
      #expect(!disk.names.contains { $0.hasSuffix(".new") }, "at \(operation)")
    }
  }

  @Test(arguments: [SimulatedDisk.Fault.error, .kill])
  func openingRemovesWhatACommitLeftBehind(fault: SimulatedDisk.Fault) throws {
    for operation in 0..<(try operationsOfARollback()) {
      let disk = SimulatedDisk()
      do {
        let updater = try Updater.create("state", model: Fixture.model(), options: .on(disk.files))
        disk.inject(fault, at: operation)
        _ = try? updater.rollback(to: 3)
      }
      disk.restart()
      let updater = try Updater.open("state", options: .on(disk.files))
      let epochs = updater.epochs.map { "state/epoch-\($0).cal" }
      let left = disk.names.filter { $0.contains("epoch") && !$0.hasSuffix(".json") }
      #expect(left == epochs, "at \(operation)")
    }
  }

  /// Only what a commit can have left behind is removed, and an open does not fail for it.
  @Test func otherFilesStay() throws {
    let disk = SimulatedDisk()
    do { _ = try Updater.create("state", model: Fixture.model(), options: .on(disk.files)) }
    let orphans = ["epoch-4.cal", "epoch-4.json", "epoch-12.cal", "epoch-5.cal.new"]
    let others = [
      "epoch-04.cal", "epoch-4.cal.bak", "epoch-4", "epoch-.cal", "my-epoch-4.cal", "epoch--4.cal",
      "epoch-99999999999999999999.cal", "Epoch-4.cal", "notes",
    ]
    for name in orphans + others { disk.put("state/" + name) }
    let before = disk.names
    var broken = disk.files
    broken.list = { _ throws(FileError) in throw FileError("not now") }
    _ = try Updater.open("state", options: .on(broken))
    #expect(disk.names == before)
    broken = disk.files
    broken.remove = { _ throws(FileError) in throw FileError("not now") }
    _ = try Updater.open("state", options: .on(broken))
    #expect(disk.names == before)
    _ = try Updater.open("state", options: .on(disk.files))
    #expect(disk.names == before.filter { name in !orphans.contains { "state/" + $0 == name } })
  }

  @Test func aRealFolderIsTidiedToo() throws {
    let path = NSTemporaryDirectory() + "cal-orphans-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    do { _ = try Updater.create(path, model: Fixture.model()) }
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    #expect(Set(try FileSystem.system.list(path)) == Set(names))
    for name in ["epoch-4.cal", "epoch-4.json.new"] {
      #expect(FileManager.default.createFile(atPath: path + "/" + name, contents: nil))
    }
    _ = try Updater.open(path)
    #expect(Set(try FileManager.default.contentsOfDirectory(atPath: path)) == Set(names))
  }
}
