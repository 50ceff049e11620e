import CALModel
import Foundation
import Testing

@testable import CALUpdate

@Suite struct StateTests {
  private func makeState(_ disk: SimulatedDisk, images: Int = 60) throws -> Updater.Options {
    var options = Updater.Options()
    options.files = disk.files
    var stream = Stream(seed: 21)
    stream.add(images, around: Fixture.axis(9), noise: 0.2)
    let updater = try Updater.create("state", model: Fixture.model(), options: options)
    for first in stride(from: 0, to: images, by: 10) {
      try updater.observe(stream.part(first..<min(first + 10, images)))
    }
    return options
  }

  @Test func damageIsReportedWithItsPlace() throws {
    let disk = SimulatedDisk()
    let options = try makeState(disk)
    disk.restart()
    let size = try #require(disk.contents("state/journal")).count
    disk.change("state/journal") { $0[size / 2] ^= 4 }
    guard case .damaged(let text) = updateError({ _ = try Updater.open("state", options: options) })
    else { return #expect(Bool(false), "damage was accepted") }
    #expect(text.contains("state/journal is damaged at byte"))
    disk.restart()

    var salvaging = options
    salvaging.salvages = true
    let updater = try Updater.open("state", options: salvaging)
    let recovery = try #require(updater.recovery)
    #expect(recovery.isDamage && text.contains("byte \(recovery.offset)"))
    #expect(recovery.offset + recovery.lost == size)
    // Records of 10 images each, up to the one with the damage.
    #expect([20, 30].contains(updater.tally.seen))
    #expect(disk.contents("state/journal")?.count == recovery.offset)
    #expect(disk.contents("state/journal.damaged")?.count == recovery.lost)
    disk.restart()
    #expect(try Updater.open("state", options: options).recovery == nil)
  }

  @Test func aTornRecordIsReportedAndCutOff() throws {
    let disk = SimulatedDisk()
    let options = try makeState(disk)
    disk.restart()
    disk.change("state/journal") { $0.removeLast(100) }
    let updater = try Updater.open("state", options: options)
    #expect(updater.recovery?.isDamage == false)
    #expect(updater.tally.seen == 50)
  }

  @Test(arguments: ["state/snapshot", "state/epoch-3.cal"])
  func otherFilesMustBeWhatWasWritten(name: String) throws {
    let disk = SimulatedDisk()
    let options = try makeState(disk)
    for place in [0, 9, 60, 200] {
      disk.restart()
      disk.change(name) { $0[place % $0.count] ^= 1 }
      let error = updateError { _ = try Updater.open("state", options: options) }
      #expect(error != nil && error != .cancelled, "byte \(place)")
      disk.restart()
      disk.change(name) { $0[place % $0.count] ^= 1 }
    }
    #expect(try Updater.open("state", options: options).tally.seen == 60)
  }

  @Test func aSecondUpdaterIsToldSo() throws {
    let path = NSTemporaryDirectory() + "cal-state-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    var first: Updater? = try Updater.create(path, model: Fixture.model())
    #expect(first?.tally.seen == 0)
    guard case .locked(let text) = updateError({ _ = try Updater.open(path) }) else {
      return #expect(Bool(false), "it was opened twice")
    }
    #expect(text.contains(path))
    first = nil
    #expect(try Updater.open(path).epochs == [3])
  }

  @Test func livesOnARealDisk() throws {
    let path = NSTemporaryDirectory() + "cal-state-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    var stream = Stream(seed: 5)
    stream.addKnown(50, 1)
    stream.add(50, around: Fixture.axis(8), noise: 0.2)
    var tally: Tally?
    do {
      let updater = try Updater.create(path, model: Fixture.model())
      try updater.observe(stream)
      tally = updater.tally
    }
    #expect(try Updater.open(path).tally == tally)
    let error = updateError { _ = try Updater.create(path, model: Fixture.model()) }
    #expect(error?.description.contains("has a state already") == true)
  }

  /// However much is observed, the folder holds a snapshot and a journal of bounded size.
  @Test func diskSpaceIsBounded() throws {
    let disk = SimulatedDisk()
    var options = Updater.Options()
    options.files = disk.files
    var settings = UpdateSettings()
    settings.reservoir = 64
    settings.samples = 8
    let updater = try Updater.create(
      "state", model: Fixture.model(), settings: settings, options: options)
    updater.folder.journalLimit = 4096
    var sizes: [Int] = []
    for round in 0..<40 {
      var stream = Stream(seed: UInt64(100 + round))
      stream.addKnown(100, 2)
      stream.add(100, around: Fixture.axis(9), noise: 0.2)
      try updater.observe(stream)
      sizes.append(disk.bytes)
    }
    #expect(updater.tally.seen == 8000)
    // 64 + 4 * 8 images of 32 features and 32 bytes of key, snapshot and journal, and the model.
    let model = try #require(disk.contents("state/epoch-3.cal")).count
    #expect(sizes.max()! < model + 4 * 96 * 160 + 4096)
  }
}
