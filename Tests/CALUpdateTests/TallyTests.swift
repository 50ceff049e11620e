import CALModel
import CALTestSupport
import Testing

@testable import CALUpdate

/// What shards observe adds up to what one updater would have observed.
@Suite struct TallyTests {
  private let settings: UpdateSettings = {
    var settings = UpdateSettings()
    settings.seed = 7
    settings.reservoir = 40
    settings.samples = 6
    return settings
  }()

  /// Known images, unexplained ones, and the same ones again.
  private var stream: Stream {
    var stream = Stream(seed: 1)
    for method in 0..<Fixture.known { stream.addKnown(60, method, noise: 0.5) }
    stream.add(150, around: Fixture.axis(9), noise: 0.2)
    let repeated = stream.part(stride(from: 0, to: stream.count, by: 3))
    stream.keys += repeated.keys
    stream.features += repeated.features
    return stream
  }

  private func tally(_ stream: Stream, batch: Int = 50) throws -> Tally {
    let model = try Fixture.model()
    let answers = Explainer(model).answers(stream.features.span)
    var total = Tally(settings)
    for first in stride(from: 0, to: stream.count, by: batch) {
      var part = Tally(settings)
      for image in first..<min(first + batch, stream.count) {
        let range = image * Fixture.features..<(image + 1) * Fixture.features
        let feature = stream.features.span.extracting(range)
        part.observe(stream.keys[image], feature, try #require(answers[image]), for: total)
      }
      try total.merge(part)
    }
    return total
  }

  private func bytes(_ tally: Tally) -> [UInt8] {
    var writer = ByteWriter()
    tally.write(to: &writer)
    return writer.bytes
  }

  @Test func hasWhatWasObserved() throws {
    let stream = stream
    let tally = try tally(stream)
    #expect(tally.seen == UInt64(stream.count))
    #expect(tally.reservoir.count == 40)
    #expect(tally.unexplained + tally.counts.values.reduce(0) { $0 + $1.images } == tally.seen)
    #expect(tally.unexplained > 150)
    #expect(tally.samples.values.allSatisfy { $0.count == 6 })
    for count in tally.counts.values {
      #expect(count.confidence <= count.images << 32)
      #expect(count.confidence >= UInt64(0.8 * 0x1p32) * count.images - count.images)
    }
  }

  @Test(arguments: 0..<8) func shardsAddUpToTheWhole(seed: UInt64) throws {
    let stream = stream
    let whole = bytes(try tally(stream))
    var random = Chance(seed: seed)
    let shuffled = stream.shuffled(seed: seed)
    var shards = Array(repeating: [Int](), count: 3)
    for image in 0..<shuffled.count {
      shards[Int.random(in: 0..<3, using: &random)].append(image)
    }
    let parts = try shards.map { try tally(shuffled.part($0), batch: 1 + Int(seed) * 9) }

    var left = parts[0]
    try left.merge(parts[1])
    try left.merge(parts[2])
    #expect(bytes(left) == whole)
    var right = parts[2]
    try right.merge(parts[1])
    var last = parts[0]
    try last.merge(right)
    #expect(bytes(last) == whole)
    #expect(last == left)
  }

  @Test func anImageThatComesAgainIsSampledOnce() throws {
    var stream = Stream(seed: 3)
    stream.add(1, around: Fixture.axis(9), noise: 0)
    let burst = stream.part(Array(repeating: 0, count: 10_000))
    let tally = try tally(burst)
    #expect(tally.seen == 10_000 && tally.unexplained == 10_000)
    #expect(tally.reservoir.count == 1)
  }

  @Test func comesBackFromItsBytes() throws {
    var tally = try tally(stream)
    tally.labels = [2: .name("Gerät"), 3: .mergedInto(2)]
    let written = bytes(tally)
    var reader = ByteReader(written[...], name: "test")
    #expect(try Tally(&reader, settings, features: Fixture.features) == tally)
    #expect(reader.isAtEnd)
    for end in [0, 7, 100, written.count - 1] {
      var reader = ByteReader(written[..<end], name: "test")
      #expect(throws: UpdateError.self) {
        try Tally(&reader, settings, features: Fixture.features)
      }
    }
  }

  @Test func otherSettingsDoNotMerge() throws {
    var other = settings
    other.seed += 1
    var tally = Tally(settings)
    #expect(throws: UpdateError.self) { try tally.merge(Tally(other)) }
  }

  @Test func labelsThatContradictDoNotMerge() throws {
    var (a, b) = (Tally(settings), Tally(settings))
    a.labels[1] = .name("x")
    b.labels[1] = .name("y")
    b.labels[2] = .name("z")
    let before = a
    #expect(throws: UpdateError.self) { try a.merge(b) }
    #expect(a == before)
    b.labels[1] = .name("x")
    try a.merge(b)
    #expect(a.labels == [1: .name("x"), 2: .name("z")])
  }

  @Test func sumsStayAtTheirLargestValue() throws {
    var (a, b) = (Tally(settings), Tally(settings))
    a.counts[1] = .init(images: .max - 1, confidence: .max)
    b.counts[1] = .init(images: 5, confidence: 1)
    try a.merge(b)
    #expect(a.counts[1] == .init(images: .max, confidence: .max))
  }
}
