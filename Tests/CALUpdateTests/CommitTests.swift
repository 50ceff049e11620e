import CALModel
import CALTestSupport
import Testing

@testable import CALUpdate

/// What a commit makes of a stream whose methods are known to the test.
@Suite struct CommitTests {
  private func updater(
    calibrated: Bool = true, disk: SimulatedDisk = SimulatedDisk(), seed: UInt64 = 0
  ) throws -> Updater {
    var model = try Fixture.model()
    if calibrated {
      let classes = (0..<Fixture.known).map { method in
        var stream = Stream(seed: 900 + UInt64(method))
        stream.addKnown(30, method)
        return CalibrationClass(
          id: UInt64(method),
          features: (0..<30).map {
            Array(stream.features[$0 * Fixture.features..<($0 + 1) * Fixture.features])
          })
      }
      let bytes = try model.serialised(calibration: classes)
      model = try Model(bytes: bytes.span.bytes)
    }
    var options = Updater.Options()
    options.files = disk.files
    var settings = UpdateSettings()
    settings.seed = seed
    return try Updater.create("state", model: model, settings: settings, options: options)
  }

  private static func knownStream(seed: UInt64, noise: Float = 0.3) -> Stream {
    var stream = Stream(seed: seed)
    for method in 0..<Fixture.known { stream.addKnown(150, method, noise: noise) }
    return stream
  }

  /// The answer to features in the middle of a method.
  private func answer(_ updater: Updater, _ axis: Int) throws -> UInt64 {
    let answers = Explainer(updater.model).answers(Fixture.axis(axis, length: 2).span)
    return try #require(answers[0]).id
  }

  @Test(arguments: [true, false]) func newMethodsAreBorn(calibrated: Bool) throws {
    let updater = try updater(calibrated: calibrated)
    var stream = CommitTests.knownStream(seed: 1)
    stream.add(40, around: Fixture.axis(9, length: 2), noise: 0.3)
    stream.add(60, around: Fixture.axis(20, length: 2), noise: 0.3)
    try updater.observe(stream.shuffled(seed: 3))
    let old = updater.model
    let preview = try updater.preview()
    #expect(updater.model.digest == old.digest)
    let report = try updater.commit()
    #expect(report == preview)

    #expect(report.born.count == 2)
    #expect(report.born.map(\.id) == [4, 5])
    #expect(Set(report.born.map { $0.images }).isSubset(of: Set(28...64)))
    #expect(report.methods == 6)
    #expect(report.known.source == (calibrated ? .calibration : .samples))
    #expect(report.known.after >= report.known.before - report.known.images / 50)
    #expect(report.epoch == 4 && report.fromEpoch == 3 && report.parent == old.digest)
    #expect(updater.model.bank.epoch == 4 && updater.model.provenance.parent == old.digest)
    #expect(updater.model.bank.nextID == 6)
    #expect(try Set([answer(updater, 9), answer(updater, 20)]) == [4, 5])
    for method in 0..<Fixture.known { #expect(try answer(updater, method) == UInt64(method)) }
    // Known prototypes stay as they were.
    for id in 0..<UInt64(Fixture.known) {
      let entry = try #require(old.bank.entry(ofID: id))
      #expect(updater.model.bank.prototypes[entry].vector == old.bank.prototypes[entry].vector)
    }
    // Everything is counted once.
    let counted = updater.model.bank.prototypes.reduce(0) { $0 + $1.usage }
    #expect(counted + UInt64(updater.tally.reservoir.count) == 40 + UInt64(stream.count))
    // Nothing new came, so nothing new is found.
    #expect(try updater.commit().born.isEmpty)
  }

  /// Hard images of known methods, however many, are no new method.
  @Test(arguments: 0..<6) func noNewMethodNoBirth(seed: UInt64) throws {
    let updater = try updater(calibrated: seed % 2 == 0, seed: seed)
    try updater.observe(CommitTests.knownStream(seed: 50 + seed, noise: 0.55 + 0.06 * Float(seed)))
    #expect(updater.tally.unexplained > 20)
    let report = try updater.commit()
    #expect(report.born.isEmpty, "\(report.born)")
  }

  /// A method of which the model is never sure, because its features are short.
  @Test func aMethodIsBornOnce() throws {
    let updater = try updater()
    var stream = CommitTests.knownStream(seed: 12)
    stream.add(40, around: Fixture.axis(9, length: 0.3), noise: 0.04)
    try updater.observe(stream)
    #expect(try updater.commit().born.map(\.id) == [4])
    var more = Stream(seed: 13)
    more.add(30, around: Fixture.axis(9, length: 0.3), noise: 0.04)
    try updater.observe(more)
    #expect(updater.tally.unexplained > 20)
    let report = try updater.commit()
    #expect(report.born.isEmpty && report.retired.isEmpty)
    let usage = try #require(report.usage.first { $0.id == 4 })
    #expect((60...75).contains(usage.images))
  }

  @Test func duplicatesAreNoMethod() throws {
    let updater = try updater()
    var stream = CommitTests.knownStream(seed: 2)
    var one = Stream(seed: 77)
    one.add(1, around: Fixture.axis(9, length: 2), noise: 0.3)
    let image = one.features
    let burst = one.part(Array(repeating: 0, count: 10_000))
    stream.add(300, around: image, noise: 1e-3)
    try updater.observe(stream)
    try updater.observe(burst)
    let report = try updater.commit()
    #expect(report.born.isEmpty)
    let few = report.rejected.filter { $0.founders < 10 }
    #expect(few.reduce(0) { $0 + $1.images } >= 290)
  }

  @Test func aHandfulIsNoMethod() throws {
    let updater = try updater()
    var stream = CommitTests.knownStream(seed: 3)
    stream.add(7, around: Fixture.axis(9, length: 2), noise: 0.2)
    try updater.observe(stream)
    #expect(try updater.commit().born.isEmpty)
    // But it is not forgotten.
    var more = Stream(seed: 31)
    more.add(7, around: Fixture.axis(9, length: 2), noise: 0.2)
    try updater.observe(more)
    #expect(try updater.commit().born.count == 1)
  }

  /// Neither the order of arrival nor who observed what makes a difference of one bit.
  @Test func orderAndShardsDoNotMatter() throws {
    var stream = CommitTests.knownStream(seed: 4)
    stream.add(50, around: Fixture.axis(9, length: 2), noise: 0.3)
    let whole = try updater()
    try whole.observe(stream)
    let shuffled = try updater()
    let images = stream.shuffled(seed: 9)
    for first in stride(from: 0, to: images.count, by: 100) {
      try shuffled.observe(images.part(first..<min(first + 100, images.count)))
    }
    let report = try whole.commit()
    #expect(report.born.count == 1)
    #expect(try shuffled.commit() == report)
    #expect(shuffled.model.digest == whole.model.digest)

    let disk = SimulatedDisk()
    var options = Updater.Options()
    options.files = disk.files
    let model = try updater().model
    do {
      let a = try Updater.create("a", model: model, options: options)
      try a.observe(images.part(stride(from: 0, to: images.count, by: 2)))
      let b = try Updater.create("b", model: model, options: options)
      try b.observe(images.part(stride(from: 1, to: images.count, by: 2)))
    }
    let sum = try Updater.create("sum", model: model, options: options)
    try sum.merge("b")
    try sum.merge("a")
    #expect(try sum.commit() == report)
    #expect(sum.model.digest == whole.model.digest)
  }

  @Test func labelsCountFromTheNextCommit() throws {
    let updater = try updater()
    var stream = CommitTests.knownStream(seed: 5)
    stream.add(40, around: Fixture.axis(9, length: 2), noise: 0.3)
    stream.add(40, around: Fixture.axis(20, length: 2), noise: 0.3)
    try updater.observe(stream)
    #expect(try updater.commit().born.map(\.id) == [4, 5])
    try updater.label(4, .name("Late method"))
    try updater.label(5, .mergedInto(4))
    let report = try updater.commit()
    #expect(report.renamed == [.init(id: 4, from: "", to: "Late method")])
    #expect(report.retired == [.init(id: 5, mergedInto: 4, isLabelled: true)])
    let bank = updater.model.bank
    #expect(bank.prototypes[try #require(bank.entry(ofID: 5))].kind == .retired)
    #expect(bank.prototypes[try #require(bank.entry(ofID: 5))].mergedInto == 4)
    #expect(try answer(updater, 9) == 4 && answer(updater, 20) == 4)
    #expect(throws: UpdateError.self) { try updater.label(5, .name("x")) }
    #expect(throws: UpdateError.self) { try updater.label(2, .mergedInto(4)) }
    #expect(throws: UpdateError.self) { try updater.label(4, .name("a\u{7}")) }
    #expect(throws: UpdateError.self) { try updater.label(77, .name("x")) }
  }

  @Test func idsDoNotComeBackAfterARollback() throws {
    let updater = try updater()
    let first = updater.model
    var stream = CommitTests.knownStream(seed: 6)
    stream.add(40, around: Fixture.axis(9, length: 2), noise: 0.3)
    try updater.observe(stream)
    #expect(try updater.commit().born.map(\.id) == [4])
    let model = try updater.rollback(to: 3)
    #expect(model.digest == updater.model.digest)
    #expect(updater.epochs == [3, 4, 5] && model.bank.epoch == 5)
    let retired = model.bank.prototypes[try #require(model.bank.entry(ofID: 4))]
    #expect(retired.kind == .retired && retired.vector.isEmpty)
    #expect(model.bank.matrix == first.bank.matrix)
    // The images are there again, and so is the method; under another id.
    #expect(try updater.commit().born.map(\.id) == [5])
    #expect(updater.epochs == [3, 4, 5, 6])
    #expect(throws: UpdateError.self) { try updater.rollback(to: 2) }
    var late = try updater.commit().epoch
    #expect(late == 7 && updater.epochs == [4, 5, 6, 7])
    late = try updater.rollback(to: 4).bank.epoch
    #expect(late == 8)
    #expect(try answer(updater, 9) == 4)
  }

  /// An examiner who merges a method into a known one that is something else.
  @Test func aCommitThatHurtsKnownMethodsIsRefused() throws {
    let updater = try updater()
    var stream = Stream(seed: 7)
    stream.addKnown(150, 0)
    stream.add(400, around: Fixture.axis(9, length: 2), noise: 0.3)
    try updater.observe(stream)
    _ = try updater.commit()
    try updater.label(4, .mergedInto(1))
    let digest = updater.model.digest
    let error = #expect(throws: UpdateError.self) { _ = try updater.commit() }
    let text = try #require(error).description
    #expect(text.contains("of 120 calibration images") && text.contains("0.01"))
    #expect(updater.model.digest == digest && updater.epochs == [3, 4])
    var lenient = CommitSettings()
    lenient.knownLoss = 1
    #expect(try updater.commit(lenient).retired.map(\.id) == [4])
  }

  @Test func cancellingChangesNothing() throws {
    let updater = try updater()
    var stream = CommitTests.knownStream(seed: 8)
    stream.add(40, around: Fixture.axis(9, length: 2), noise: 0.3)
    try updater.observe(stream)
    let (tally, digest) = (updater.tally, updater.model.digest)
    for limit in [0.0, 0.3, 0.5, 1] {
      #expect(throws: UpdateError.cancelled) { try updater.commit { $0 < limit } }
      #expect(updater.tally == tally && updater.model.digest == digest)
    }
    var shares: [Double] = []
    _ = try updater.commit {
      shares.append($0)
      return true
    }
    #expect(shares == shares.sorted() && shares.first == 0 && shares.last == 1)
  }

  @Test func settingsAreChecked() throws {
    let updater = try updater()
    var settings = CommitSettings()
    settings.founders = 1
    #expect(throws: UpdateError.self) { try updater.commit(settings) }
    var wrong = UpdateSettings()
    wrong.reservoir = 3
    #expect(throws: UpdateError.self) {
      try Updater.create("x", model: Fixture.model(), settings: wrong)
    }
    let nan = [Float](repeating: .nan, count: Fixture.features)
    #expect(throws: UpdateError.self) { try updater.observe(nan.span, keys: [Fixture.key(1)]) }
    #expect(throws: UpdateError.self) { try updater.observe([1].span, keys: [Fixture.key(1)]) }
    #expect(updater.tally.seen == 0)
  }
}
