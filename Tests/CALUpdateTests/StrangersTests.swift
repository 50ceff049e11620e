import CALModel
import CALTestSupport
import Testing

@testable import CALUpdate

/// Which images are of no prototype, and how a commit uses that: among images that the model is sure
/// of, too.
@Suite struct StrangersTests {
  private static let founders = 10

  private static func features(_ stream: Stream) -> [[Float]] {
    (0..<stream.count).map {
      Array(stream.features[$0 * Fixture.features..<($0 + 1) * Fixture.features])
    }
  }

  private static func cloud(_ count: Int, _ centre: [Float], seed: UInt64) -> [[Float]] {
    var stream = Stream(seed: seed)
    stream.add(count, around: centre, noise: 0.3)
    return features(stream)
  }

  /// Between a known method and a direction of its own; nearer to the former.
  private static func alike(_ axis: Int, to method: Int) -> [Float] {
    zip(Fixture.axis(method, length: 1.5), Fixture.axis(axis, length: 1.4)).map(+)
  }

  private static func references(images: Int, areStored: Bool = true) -> References {
    References(
      (0..<Fixture.known).map { method in
        .init(
          id: UInt64(method),
          features: cloud(images, Fixture.axis(method, length: 2), seed: 900 + UInt64(method)),
          areStored: areStored)
      })
  }

  private static func strangers(
    _ candidates: [[Float]], weight: (Int) -> Double = { _ in 1 }, references: References
  ) -> Strangers {
    Strangers(
      candidates.enumerated().map { .init(feature: $0.element, weight: weight($0.offset)) },
      references, explained: [:], width: Fixture.features, founders: founders)
  }

  private static var known: [[Float]] {
    (0..<Fixture.known).flatMap {
      cloud(100, Fixture.axis($0, length: 2), seed: 300 + UInt64($0))
    }
  }

  @Test func knownImagesAreNoStrangers() {
    let found = StrangersTests.strangers(
      StrangersTests.known, references: StrangersTests.references(images: 32))
    #expect(found.images.isEmpty)
  }

  @Test func methodsAreToldFromEachOther() {
    let known = StrangersTests.known
    let first = StrangersTests.cloud(60, StrangersTests.alike(9, to: 0), seed: 1)
    let second = StrangersTests.cloud(60, StrangersTests.alike(20, to: 0), seed: 2)
    let found = StrangersTests.strangers(
      known + first + second, references: StrangersTests.references(images: 32))
    let ofKnown = found.images.count { $0 < known.count }
    #expect(ofKnown < 10 && found.images.count > 100)
    #expect(found.centres.count == found.images.count)
    // Each centre is of one method.
    let owners = Dictionary(grouping: zip(found.centres, found.images)) { $0.0 }
    for (_, images) in owners {
      let ofFirst = images.count { known.count..<known.count + 60 ~= $0.1 }
      #expect(ofFirst <= images.count / 10 || ofFirst >= images.count * 9 / 10)
    }
  }

  /// A corner of a prototype's cloud is one in the references as well.
  @Test func aPartOfAKnownMethodIsNone() {
    let corner = StrangersTests.alike(9, to: 0)
    var parts = StrangersTests.references(images: 32).parts
    parts[0] = .init(
      id: 0, features: parts[0].features + StrangersTests.cloud(16, corner, seed: 5),
      areStored: true)
    let arrived = StrangersTests.known + StrangersTests.cloud(40, corner, seed: 6)
    let found = StrangersTests.strangers(arrived, references: References(parts))
    #expect(found.images.isEmpty)
  }

  /// A few that are kept of very many are not more of them than many that stand for themselves.
  @Test func imagesCountForThoseThatAreNotKept() {
    let known = StrangersTests.known
    let few = StrangersTests.cloud(30, StrangersTests.alike(9, to: 0), seed: 7)
    func found(_ weight: Double) -> Int {
      StrangersTests.strangers(
        known + few, weight: { $0 < known.count ? weight : 1 },
        references: StrangersTests.references(images: 32)
      ).images.count
    }
    #expect(found(1) > 20)
    #expect(found(1000) == 0)
  }

  @Test func nothingToHoldImagesAgainst() {
    let found = StrangersTests.strangers(StrangersTests.known, references: References([]))
    #expect(found.images.isEmpty && found.centres.isEmpty)
    let few = StrangersTests.strangers(
      Array(StrangersTests.known.prefix(3)), references: StrangersTests.references(images: 32))
    #expect(few.images.isEmpty)
  }

  /// The whole of it: a method that the model is sure is a known one.
  @Test func aMethodThatIsExplainedIsBorn() throws {
    var options = Updater.Options()
    options.files = SimulatedDisk().files
    let plain = try Fixture.model(knownThreshold: 0.3)
    let classes = (0..<Fixture.known).map { method in
      CalibrationClass(
        id: UInt64(method),
        features: StrangersTests.cloud(
          32, Fixture.axis(method, length: 2), seed: 900 + UInt64(method)))
    }
    let bytes = try plain.serialised(calibration: classes)
    let model = try Model(bytes: bytes.span.bytes)
    let updater = try Updater.create("state", model: model, options: options)
    var stream = Stream(seed: 40)
    for method in 0..<Fixture.known { stream.addKnown(100, method) }
    stream.add(80, around: StrangersTests.alike(9, to: 0), noise: 0.3)
    let answers = try updater.observe(stream)
    let isKnown = answers.suffix(80).count { $0.isExplained && $0.id == 0 }
    #expect(isKnown > 60)

    let report = try updater.commit()
    #expect(report.born.map(\.id) == [4], "\(report.rejected)")
    #expect(report.known.before - report.known.after <= 1)
    let after = Explainer(updater.model)
      .answers(StrangersTests.features(stream).suffix(80).map { $0 })
    #expect(after.count { $0?.id == 4 } > 40)
    // The next model knows what its images are like, and loses them with the prototype.
    #expect(updater.model.calibration.map(\.id) == [0, 1, 2, 3, 4])
    #expect(try updater.rollback(to: 3).calibration.map(\.id) == [0, 1, 2, 3])
  }
}
