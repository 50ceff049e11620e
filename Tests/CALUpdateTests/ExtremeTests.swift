import CALModel
import Testing

@testable import CALUpdate

/// The largest numbers that files may have are counted on from without a trap, and larger ones are
/// refused.
@Suite struct ExtremeTests {
  private static let limit = Limit.counter

  private func updater(_ model: Model, _ disk: SimulatedDisk = .init()) throws -> Updater {
    try Updater.create("state", model: model, options: .on(disk.files))
  }

  private var stream: Stream {
    var stream = Stream(seed: 3)
    stream.addKnown(40, 1)
    stream.add(40, around: Fixture.axis(9, length: 2), noise: 0.3)
    return stream
  }

  @Test func theLastEpochHasNoNext() throws {
    let updater = try updater(Fixture.model(epoch: ExtremeTests.limit))
    try updater.observe(stream)
    let sentence = "bank.epoch: 4611686018427387905, at most 4611686018427387904"
    #expect(updateError { _ = try updater.preview() } == .model(.limit(sentence)))
    #expect(updateError { _ = try updater.commit() } == .model(.limit(sentence)))
    #expect(
      updateError { _ = try updater.rollback(to: ExtremeTests.limit) } == .model(.limit(sentence)))
    #expect(updater.epochs == [ExtremeTests.limit] && updater.tally.seen == 80)
  }

  @Test func theLastIDHasNoNext() throws {
    let updater = try updater(Fixture.model(nextID: ExtremeTests.limit))
    let stream = stream
    try updater.label(
      [stream.keys[50]], features: Array(stream.features[50 * 32..<51 * 32]), as: .named("new"))
    let sentence = "bank.next_id: 4611686018427387905, at most 4611686018427387904"
    #expect(updateError { _ = try updater.commit() } == .model(.limit(sentence)))
  }

  /// Sums of images and confidences stay at their largest value.
  @Test func usageStaysAtItsLimit() throws {
    var prototypes = Fixture.prototypes
    for (id, axis) in [(UInt64(4), 9), (5, 20)] {
      prototypes.append(
        Prototype(id: id, kind: .novel, vector: Fixture.axis(axis, length: 4), birthEpoch: 2))
    }
    for i in prototypes.indices {
      prototypes[i].usage = ExtremeTests.limit
      prototypes[i].confidenceSum = .greatestFiniteMagnitude
    }
    let updater = try updater(Fixture.model(prototypes))
    try updater.observe(stream)
    try updater.label(5, .mergedInto(1))
    try updater.label(4, .name("four"))
    _ = try updater.commit()
    let bank = updater.model.bank
    #expect(bank.active.count == 5)
    for entry in bank.active {
      #expect(bank.prototypes[entry].usage == ExtremeTests.limit)
      #expect(bank.prototypes[entry].confidenceSum == .greatestFiniteMagnitude)
    }
    _ = try updater.rollback(to: 3)
    #expect(updater.model.bank.epoch == 5)
  }

  @Test func countsOfAStateMayBeAnything() throws {
    let disk = SimulatedDisk()
    var options = Updater.Options()
    options.files = disk.files
    do {
      let updater = try updater(Fixture.model(), disk)
      try updater.observe(stream)
      var snapshot = updater.folder.snapshot
      snapshot.record = ExtremeTests.limit
      snapshot.nextID = ExtremeTests.limit
      snapshot.tally.seen = .max
      snapshot.tally.unexplained = .max
      snapshot.tally.counts[1] = .init(images: .max, confidence: .max)
      disk.change("state/snapshot") { $0 = snapshot.bytes }
      disk.change("state/journal") { $0 = [] }
    }
    disk.restart()
    let updater = try Updater.open("state", options: options)
    guard case .io = updateError({ try updater.observe(stream) }) else {
      return #expect(Bool(false), "a record has a number that cannot be read back")
    }
    let report = updateError { _ = try updater.commit() }
    #expect(report == nil || report?.description.contains("bank.next_id") == true)
    disk.restart()
    #expect(try Updater.open("state", options: options).model.digest == updater.model.digest)
  }

  @Test(arguments: [\Snapshot.record, \.nextID])
  func largerNumbersAreDamage(place: WritableKeyPath<Snapshot, UInt64> & Sendable) throws {
    let updater = try updater(Fixture.model())
    var snapshot = updater.folder.snapshot
    let last = ExtremeTests.limit
    for value in [last, last + 1, .max] {
      snapshot[keyPath: place] = value
      let error = updateError { _ = try Snapshot.Head(snapshot.bytes, name: "s") }
      #expect((error == nil) == (value == last))
      if let error { #expect(error.description.contains("\(value), at most \(last)")) }
    }
    snapshot = updater.folder.snapshot
    snapshot.epochs = [.init(number: .max, digest: updater.model.digest)]
    let error = updateError { _ = try Snapshot.Head(snapshot.bytes, name: "s") }
    #expect(error?.description.contains("at most") == true)
  }

  @Test func aJournalsNumbersHaveAnEndToo() throws {
    func record(_ number: UInt64) throws -> [UInt8] {
      try Journal.record(number) { $0.add([UInt8](repeating: 7, count: 700)) }
    }
    let last = ExtremeTests.limit
    let contents = try Journal.read(record(last - 1) + record(last) + record(last + 1))
    #expect(contents.records.map(\.number) == [last - 1, last] && contents.rest == .damaged)
    #expect(try Journal.read(record(.max)).rest == .damaged)
  }
}
