import CALDigest
import CALModel
import CALNetwork
import CALTestSupport
import Testing

@testable import CALUpdate

/// A model whose network is of no matter here, with known prototypes along axes, and clouds of
/// features around directions.
enum Fixture {
  static let features = 32
  static let known = 4

  static let spec = NetworkSpec(
    block: .basic, stem: .init(kernel: 3, stride: 1, channels: 8, maxPool: false),
    stages: [.init(blocks: 1, innerChannels: features, outChannels: features, stride: 2)],
    ffe: nil, neck: .none, inputSize: 16)

  /// The unit vector along `axis`, times `length`.
  static func axis(_ axis: Int, length: Float = 1) -> [Float] {
    (0..<features).map { $0 == axis ? length : 0 }
  }

  static var prototypes: [Prototype] {
    (0..<known).map {
      Prototype(
        id: UInt64($0), kind: .known, name: "method \($0)", vector: axis($0, length: 4),
        usage: 10)
    }
  }

  static func model(
    _ prototypes: [Prototype] = prototypes, knownThreshold: Float = 0.8, epoch: UInt64 = 3,
    nextID: UInt64? = nil
  ) throws -> Model {
    let nextID = nextID ?? 1 + (prototypes.map(\.id).max() ?? 0)
    var random = Chance(seed: 5)
    let bytes = try Model.serialise(
      spec: spec,
      preprocessing: .init(size: 16, mean: [0.5, 0.5, 0.5], deviation: [0.25, 0.25, 0.25]),
      bank: Bank(epoch: epoch, nextID: nextID, featureCount: features, prototypes: prototypes),
      decision: Decision(knownThreshold: knownThreshold, novelThreshold: 0.5, temperature: 1),
      provenance: Provenance(),
      tensor: { parameter in
        random.floats(parameter.count, in: parameter.role == .variance ? 0.5...1 : -0.5...0.5)
      })
    return try Model(bytes: bytes.span.bytes)
  }

  static func key(_ number: Int) -> Digest {
    var sha = SHA256()
    let bytes = withUnsafeBytes(of: UInt64(number)) { Array($0) }
    sha.update(bytes.span.bytes)
    return sha.finish()
  }
}

/// Images: a key and features each.
struct Stream: Sendable {
  var keys: [Digest] = []
  var features: [Float] = []
  private var random: Chance

  init(seed: UInt64) { random = Chance(seed: seed) }

  var count: Int { keys.count }

  /// Images around `centre`, with normal noise of that deviation in every coordinate.
  mutating func add(_ count: Int, around centre: [Float], noise: Float) {
    for _ in 0..<count {
      keys.append(Fixture.key(Int(truncatingIfNeeded: random.next() >> 1)))
      features += centre.map { $0 + noise * normal() }
    }
  }

  /// Images of known method `method`.
  mutating func addKnown(_ count: Int, _ method: Int, noise: Float = 0.3) {
    add(count, around: Fixture.axis(method, length: 2), noise: noise)
  }

  func part(_ images: some Sequence<Int>) -> Stream {
    var part = self
    part.keys = []
    part.features = []
    for image in images {
      part.keys.append(keys[image])
      part.features += features[image * Fixture.features..<(image + 1) * Fixture.features]
    }
    return part
  }

  func shuffled(seed: UInt64) -> Stream {
    var random = Chance(seed: seed)
    return part((0..<count).shuffled(using: &random))
  }

  /// The sum of twelve uniform numbers is near enough.
  private mutating func normal() -> Float {
    (0..<12).reduce(Float(0)) { sum, _ in sum + Float.random(in: 0..<1, using: &random) } - 6
  }
}

extension Updater {
  @discardableResult
  func observe(_ stream: Stream) throws(UpdateError) -> [Explainer.Answer] {
    try observe(stream.features.span, keys: stream.keys)
  }
}

extension Stream {
  /// Images of one method that the model does not know.
  static func stranger(_ count: Int, seed: UInt64) -> Stream {
    var stream = Stream(seed: seed)
    stream.add(count, around: Fixture.axis(9), noise: 0.2)
    return stream
  }
}

extension Updater.Options {
  static func on(_ files: FileSystem) -> Updater.Options {
    var options = Updater.Options()
    options.files = files
    return options
  }
}

/// What `body` throws.
func updateError(_ body: () throws -> Void) -> UpdateError? {
  do {
    try body()
    return nil
  } catch {
    return error as? UpdateError
  }
}
