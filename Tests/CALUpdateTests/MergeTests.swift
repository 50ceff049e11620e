import CALModel
import Foundation
import Testing

@testable import CALUpdate

/// A merge reads another folder, and leaves it as it is.
@Suite struct MergeTests {
  /// Two states, of which the other one has been observing for 20 images.
  private func makeStates(_ files: FileSystem, _ own: String, _ other: String) throws {
    let model = try Fixture.model()
    _ = try Updater.create(own, model: model, options: .on(files))
    let updater = try Updater.create(other, model: model, options: .on(files))
    try updater.observe(Stream.stranger(10, seed: 1))
    try updater.observe(Stream.stranger(10, seed: 2))
  }

  private func contents(_ disk: SimulatedDisk, _ folder: String) -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for name in disk.names where name.hasPrefix(folder + "/") {
      contents[name] = disk.contents(name)
    }
    return contents
  }

  /// Its torn end is not its own to say, and its lock may be missing in a copy.
  @Test(arguments: [true, false]) func theOtherFolderIsOnlyRead(isLocked: Bool) throws {
    let disk = SimulatedDisk()
    try makeStates(disk.files, "own", "other")
    disk.change("other/journal") { $0.removeLast(100) }
    if !isLocked { try disk.files.remove("other/lock") }
    let before = contents(disk, "other")
    #expect(before.count == (isLocked ? 4 : 3))
    var files = disk.files
    // As in a folder that may not be written.
    files.open = { path, mode throws(FileError) in
      guard !path.hasPrefix("other") else { throw FileError("\(path) may not be written") }
      return try disk.files.open(path, mode)
    }
    files.lock = { path throws(FileError) in
      guard !path.hasPrefix("other") else { throw FileError("\(path) may not be written") }
      return try disk.files.lock(path)
    }
    let updater = try Updater.open("own", options: .on(files))
    try updater.merge("other")
    #expect(updater.tally.seen == 10 && updater.recovery == nil)
    #expect(contents(disk, "other") == before)
    // Its owner still finds what was lost.
    #expect(try Updater.open("other", options: .on(disk.files)).recovery?.isDamage == false)
  }

  @Test func damageIsAnErrorThatNamesTheFile() throws {
    let disk = SimulatedDisk()
    try makeStates(disk.files, "own", "other")
    let updater = try Updater.open("own", options: .on(disk.files))
    func fails(_ name: String) {
      let before = contents(disk, "other")
      let error = #expect(throws: UpdateError.self) { try updater.merge("other") }
      guard case .damaged(let text)? = error else {
        return #expect(Bool(false), "\(name) was accepted")
      }
      #expect(text.contains(name))
      #expect(contents(disk, "other") == before)
    }
    disk.change("other/journal") { $0[$0.count / 4] ^= 1 }
    fails("other/journal")
    try disk.files.remove("other/journal")
    fails("other/journal")
    disk.change("other/snapshot") { $0[20] ^= 1 }
    fails("other/snapshot")
    #expect(updater.tally.seen == 0)
  }

  /// Without a lock a commit may come between.
  @Test func aChangeMeanwhileIsNoticed() throws {
    let disk = SimulatedDisk()
    try makeStates(disk.files, "own", "other")
    try disk.files.remove("other/lock")
    let snapshot = try #require(disk.contents("own/snapshot"))
    var files = disk.files
    files.read = { path throws(FileError) in
      let bytes = try disk.files.read(path)
      if path == "other/journal" { disk.change("other/snapshot") { $0 = snapshot + [0] } }
      return bytes
    }
    let updater = try Updater.open("own", options: .on(files))
    let error = #expect(throws: UpdateError.self) { try updater.merge("other") }
    guard case .locked? = error else { return #expect(Bool(false), "it was not noticed") }
    #expect(updater.tally.seen == 0)
  }

  @Test func aFolderInUseIsNotRead() throws {
    let path = NSTemporaryDirectory() + "cal-merge-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let (own, other) = (path + "/own", path + "/other")
    try makeStates(.system, own, other)
    let updater = try Updater.open(own)
    do {
      let owner = try Updater.open(other)
      for folder in [own, other] {
        let error = #expect(throws: UpdateError.self) { try updater.merge(folder) }
        guard case .locked(let text)? = error else { return #expect(Bool(false), "it was read") }
        #expect(text.contains(folder))
      }
      try owner.sync()
    }
    // Another reader is no hindrance; nor is there a trace of this one.
    guard case .held(let file) = try FileSystem.system.lockForReading(other + "/lock") else {
      return #expect(Bool(false), "it is still locked")
    }
    try updater.merge(other)
    FileSystem.system.close(file)
    #expect(updater.tally.seen == 20)
    #expect(try Updater.open(other).tally.seen == 20)
    try FileManager.default.removeItem(atPath: other + "/lock")
    try updater.merge(other)
    #expect(updater.tally.seen == 40)
    #expect(!FileManager.default.fileExists(atPath: other + "/lock"))
  }

  /// What another state has is one record, so that all or nothing of it is there.
  @Test func whatIsTooLargeIsRefused() throws {
    let disk = SimulatedDisk()
    try makeStates(disk.files, "own", "other")
    let updater = try Updater.open("own", options: .on(disk.files))
    updater.folder.recordLimit = 3000
    let error = #expect(throws: UpdateError.self) { try updater.merge("other") }
    guard case .argument? = error else { return #expect(Bool(false), "it was accepted") }
    #expect(updater.tally.seen == 0 && disk.contents("own/journal") == [])
    updater.folder.recordLimit = 4000
    try updater.merge("other")
    #expect(updater.tally.seen == 20)
  }

  /// All or nothing of it is there afterwards, and the other folder is as it was.
  @Test(arguments: SimulatedDisk.Fault.allCases)
  func everyOperationMayFail(fault: SimulatedDisk.Fault) throws {
    let counted = SimulatedDisk()
    try makeStates(counted.files, "own", "other")
    let updater = try Updater.open("own", options: .on(counted.files))
    counted.inject(nil)
    try updater.merge("other")
    let operations = counted.operations
    #expect(operations > 5)
    for operation in 0..<operations {
      let disk = SimulatedDisk()
      try makeStates(disk.files, "own", "other")
      let before = contents(disk, "other")
      let updater = try Updater.open("own", options: .on(disk.files))
      disk.inject(fault, at: operation)
      var isMerged = true
      do { try updater.merge("other") } catch { isMerged = false }
      disk.restart()
      let after = contents(disk, "other")
      #expect(after["other/journal"] == before["other/journal"], "\(fault) at \(operation)")
      #expect(after["other/snapshot"] == before["other/snapshot"], "\(fault) at \(operation)")
      let seen = try Updater.open("own", options: .on(disk.files)).tally.seen
      #expect(seen == 20 || (seen == 0 && !isMerged), "\(fault) at \(operation)")
    }
  }
}
