import CALDigest
import CALModel
import CALTestSupport
import Testing

@testable import CALUpdate

/// What an examiner says of images counts at the next commit, and merges.
@Suite struct LabelTests {
  private func updater(
    _ path: String = "state", calibrated: Bool = false, disk: SimulatedDisk = SimulatedDisk()
  ) throws -> Updater {
    var model = try Fixture.model()
    if calibrated {
      // Those of method 0 lie where the late method does.
      var (hard, easy) = (Stream(seed: 900), Stream(seed: 901))
      hard.add(40, around: zip(Fixture.axis(9, length: 2), Fixture.axis(0)).map(+), noise: 0.1)
      easy.addKnown(120, 1)
      let parts = [(0, hard), (1, easy)].map { CalibrationClass(id: $0, features: rows($1)) }
      let bytes = try model.serialised(calibration: parts)
      model = try Model(bytes: bytes.span.bytes)
    }
    var options = Updater.Options()
    options.files = disk.files
    return try Updater.create(path, model: model, options: options)
  }

  private func rows(_ stream: Stream) -> [[Float]] {
    (0..<stream.count).map {
      Array(stream.features[$0 * Fixture.features..<($0 + 1) * Fixture.features])
    }
  }

  private func knownStream(_ seed: UInt64) -> Stream {
    var stream = Stream(seed: seed)
    for method in 0..<Fixture.known { stream.addKnown(60, method) }
    return stream
  }

  private func late(_ count: Int, seed: UInt64) -> Stream {
    var stream = Stream(seed: seed)
    stream.add(count, around: Fixture.axis(9, length: 2), noise: 0.3)
    return stream
  }

  /// Six images are too few to be found, but not to be told.
  @Test(arguments: [true, false]) func aNewMethodIsBornByItsName(given: Bool) throws {
    let updater = try updater()
    let few = late(6, seed: 2)
    try updater.observe(knownStream(1))
    if !given { try updater.observe(few) }
    #expect(try updater.preview().born.isEmpty)
    try updater.label(few.keys, features: given ? few.features : [], as: .named("Late"))
    #expect(updater.tally.imageLabels.count == 6)
    let report = try updater.commit()
    #expect(report.born.count == 1)
    let born = try #require(report.born.first)
    #expect(born.id == 4 && born.name == "Late" && born.images == 6 && born.answered == 6)
    #expect(born.separation == .infinity && born.nearest == nil)
    #expect(Set(born.examples) == Set(few.keys))
    #expect(report.labelled == [.init(id: 4, images: 6)])
    let prototype = try #require(updater.model.bank.entry(ofID: 4))
    #expect(updater.model.bank.prototypes[prototype].name == "Late")
    #expect(updater.model.bank.prototypes[prototype].kind == .novel)
    // Each image is counted once, whether it was observed or not.
    #expect(updater.model.bank.prototypes[prototype].usage == 6)
    #expect(updater.tally.imageLabels.count == 0 && updater.tally.samples[4]?.count == 6)
    let answers = Explainer(updater.model).answers(late(30, seed: 3).features.span)
    #expect(answers.count { $0?.id == 4 } >= 28)
    // It is still there when nothing new was said.
    #expect(try updater.commit().retired.isEmpty)
  }

  /// Images of the same method without a label go with the labelled ones.
  @Test func othersOfTheMethodJoinIt() throws {
    let updater = try updater()
    let (labelled, others) = (late(12, seed: 4), late(40, seed: 5))
    try updater.observe(knownStream(1))
    try updater.observe(labelled)
    try updater.observe(others)
    #expect(try updater.preview().born.map(\.name) == [""])
    try updater.label(labelled.keys, features: [], as: .named("Late"))
    let report = try updater.commit()
    #expect(report.born.map(\.name) == ["Late"])
    #expect(try #require(report.usage.first { $0.id == 4 }).images >= 40)
  }

  @Test func imagesOfAPrototypeGoToIt() throws {
    let updater = try updater()
    try updater.observe(knownStream(1))
    try updater.observe(late(40, seed: 6))
    #expect(try updater.commit().born.map(\.id) == [4])
    // Hard ones, between the novel and a known method.
    var hard = Stream(seed: 7)
    hard.add(20, around: zip(Fixture.axis(9), Fixture.axis(2)).map { 0.2 * ($0 + $1) }, noise: 0.05)
    try updater.observe(hard)
    try updater.label(Array(hard.keys[..<10]), features: [], as: .prototype(4))
    try updater.label(Array(hard.keys[10...]), features: [], as: .prototype(2))
    let report = try updater.commit()
    #expect(report.labelled == [.init(id: 2, images: 10), .init(id: 4, images: 10)])
    #expect(report.born.isEmpty && report.retired.isEmpty)
    #expect(updater.tally.reservoir.entries.allSatisfy { !hard.keys.contains($0.key) })
    let old = Fixture.prototypes[2].vector
    let entry = try #require(updater.model.bank.entry(ofID: 2))
    #expect(updater.model.bank.prototypes[entry].vector == old)
  }

  /// A name that a prototype has by then is that prototype.
  @Test func aNameThatIsThereIsNotBornAgain() throws {
    let updater = try updater()
    let images = late(20, seed: 8)
    try updater.label(images.keys, features: images.features, as: .named("method 1"))
    let report = try updater.preview()
    #expect(report.born.isEmpty && report.labelled == [.init(id: 1, images: 20)])
    try updater.label(images.keys, features: images.features, as: .named("Other"))
    #expect(updater.tally.imageLabels.count == 20)
    try updater.label(2, .name("Other"))
    #expect(try updater.commit().labelled == [.init(id: 2, images: 20)])
  }

  /// The one test that an examiner's word must pass.
  @Test func knownImagesAreGuarded() throws {
    let updater = try updater(calibrated: true)
    let wrong = late(60, seed: 10)
    try updater.label(wrong.keys, features: wrong.features, as: .named("No method"))
    #expect {
      try updater.commit()
    } throws: {
      guard case .refused(let text) = $0 as? UpdateError else { return false }
      return text.contains("of 160 calibration images")
    }
    #expect(updater.tally.imageLabels.count == 60 && updater.model.bank.epoch == 3)
  }

  @Test func shardsAddUpAndLiveOnDisk() throws {
    let disk = SimulatedDisk()
    let (a, b) = (late(6, seed: 11), late(5, seed: 12))
    do {
      let left = try updater("left", disk: disk)
      try left.label(a.keys, features: a.features, as: .named("Late"))
      let right = try updater("right", disk: disk)
      try right.label(b.keys, features: b.features, as: .named("Late"))
      // Both have said the same of one image.
      try right.label([a.keys[0]], features: rows(a)[0], as: .named("Late"))
      let other = try updater("other", disk: disk)
      try other.label([a.keys[1]], features: rows(a)[1], as: .prototype(0))
    }
    let whole = try updater("whole", disk: disk)
    try whole.label(b.keys, features: b.features, as: .named("Late"))
    try whole.label(a.keys, features: a.features, as: .named("Late"))
    let report = try whole.commit()
    for order in [["left", "right"], ["right", "left"]] {
      var sum: Updater? = try updater("sum" + order[0], disk: disk)
      for path in order { try sum?.merge(path) }
      #expect(throws: UpdateError.self) { try sum?.merge("other") }
      sum = nil
      var options = Updater.Options()
      options.files = disk.files
      let again = try Updater.open("sum" + order[0], options: options)
      #expect(again.tally.imageLabels.count == 11)
      #expect(try again.commit() == report)
    }
  }

  @Test func badLabelsAreRefused() throws {
    let updater = try updater()
    let images = late(3, seed: 13)
    func fails(_ part: String, _ body: () throws -> Void) {
      #expect(performing: body, throws: { "\($0)".contains(part) })
    }
    fails("keys[0]") { try updater.label(images.keys, features: [], as: .named("x")) }
    fails("is empty") {
      try updater.label(images.keys, features: images.features, as: .named(""))
    }
    fails("name") {
      try updater.label(images.keys, features: images.features, as: .named("a\u{7}"))
    }
    fails("77") { try updater.label(images.keys, features: images.features, as: .prototype(77)) }
    fails("needs 3 images") { try updater.label(images.keys, features: [1], as: .named("x")) }
    var broken = images.features
    broken[40] = .nan
    fails("features[1][8]") { try updater.label(images.keys, features: broken, as: .named("x")) }
    #expect(updater.tally.imageLabels.count == 0)

    var settings = UpdateSettings()
    settings.reservoir = 16
    var options = Updater.Options()
    options.files = SimulatedDisk().files
    let small = try Updater.create(
      "small", model: Fixture.model(), settings: settings, options: options)
    let many = late(17, seed: 14)
    fails("room for 16") { try small.label(many.keys, features: many.features, as: .named("x")) }
  }

  /// A prototype of length 0 would beat all that have a cosine below 0.
  @Test func imagesNeedADirection() throws {
    let updater = try updater()
    var images = late(2, seed: 17)
    images.keys.append(Fixture.key(1))
    images.features += [Float](repeating: 0, count: Fixture.features)
    try updater.observe(images)
    for features in [images.features, []] {
      let error = #expect(throws: UpdateError.self) {
        try updater.label(images.keys, features: features, as: .named("Late"))
      }
      #expect(error?.description.contains("keys[2], \(Fixture.key(1).hex),") == true)
    }
    #expect(updater.tally.imageLabels.count == 0)
  }

  @Test func whatCancelsOutIsNoPrototype() throws {
    let updater = try updater()
    let image = late(1, seed: 18)
    let keys = [Fixture.key(1), Fixture.key(2)]
    let features = image.features + image.features.map(-)
    try updater.label(keys, features: features, as: .named("Late"))
    let error = #expect(throws: UpdateError.self) { try updater.commit() }
    #expect(error?.description.contains("the 2 images labelled \"Late\"") == true)
    try updater.label([keys[0]], features: image.features, as: .prototype(1))
    #expect(try updater.commit().born.map(\.images) == [1])
  }

  /// A coverage below 1 takes prototypes with a small share of the images, but none that an examiner
  /// asked for in the same commit; nor does such a one take any.
  @Test(arguments: [(usage: [500, 450] as [UInt64], images: 6), ([1, 1], 40)])
  func pruningLeavesABirthByName(usage: [UInt64], images: Int) throws {
    let novel = usage.indices.map {
      Prototype(
        id: UInt64(4 + $0), kind: .novel, name: "", vector: Fixture.axis(20 + $0, length: 4),
        usage: usage[$0])
    }
    let model = try Fixture.model(Fixture.prototypes + novel)
    var labels = ImageLabels()
    let stream = late(images, seed: 19)
    for (key, feature) in zip(stream.keys, rows(stream)) {
      labels.set(key, .init(method: .named("Late"), feature: feature))
    }
    let tally = Tally(UpdateSettings())
    var draft = try BankDraft(model, labels: [:], nextID: 0)
    let labelled = try LabelledImages(labels, &draft, apartFrom: nil)
    let cached = Cached(model, tally, KnownImages(model, tally), [:], labelled, draft.head(1))
    var settings = CommitSettings()
    settings.coverage = 0.5
    let before = draft.prototypes
    #expect(before.map(\.name).contains("Late"))
    let gone = try draft.prune(cached, labelled.counts(tally), 1, settings)
    #expect(gone.isEmpty)
    #expect(draft.prototypes.map(\.vector) == before.map(\.vector))
  }

  /// A label of a prototype that a rollback took away is none.
  @Test func labelsOutliveARollback() throws {
    let updater = try updater()
    try updater.observe(late(40, seed: 15))
    #expect(try updater.commit().born.map(\.id) == [4])
    let more = late(8, seed: 16)
    try updater.observe(more)
    try updater.label(more.keys, features: more.features, as: .prototype(4))
    _ = try updater.rollback(to: 3)
    let report = try updater.commit()
    #expect(report.labelled.isEmpty && report.born.allSatisfy { $0.id > 4 })
  }
}
