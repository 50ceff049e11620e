import CALModel
import CALNetwork
import CALTestSupport
import CCal
import Testing

/// A small model with random weights and one of everything: bottlenecks, frequency gate, neck,
/// and a bank of known, novel and retired prototypes.
enum Fixture {
  static let inputSize = 40
  static let featureCount = 24
  static let knownThreshold: Float = 0.25
  static let novelThreshold: Float = 0.5
  static let temperature: Float = 0.5
  /// Every character that JSON must escape, and some that it must not.
  static let oddName = #"quote " backslash \ slash / é 日本 🙂"#

  static let spec = NetworkSpec(
    block: .bottleneck, stem: .init(kernel: 3, stride: 1, channels: 8, maxPool: true),
    stages: [
      .init(blocks: 1, innerChannels: 8, outChannels: 16, stride: 1),
      .init(blocks: 2, innerChannels: 8, outChannels: featureCount, stride: 2),
    ],
    ffe: .init(), neck: .batchNorm(epsilon: 1e-5), inputSize: inputSize)

  static let prototypes = [
    prototype(3, .known, "stylegan"),
    prototype(5, .retired, "old", mergedInto: 3),
    prototype(7, .known, oddName),
    prototype(9, .novel, ""),
    prototype(4, .novel, "named later"),
  ]

  /// Ids of the prototypes in use, in the order of the bank.
  static let inUse: [UInt64] = [3, 7, 9, 4]

  /// The model file.
  static let bytes = serialised(prototypes: prototypes)

  /// A model whose weights are so large that its features overflow.
  static let overflowing = serialised(prototypes: prototypes) { _ in 1e20 }

  /// A model in whose middle infinite numbers of both signs add up, in front of a ReLU. What comes
  /// behind that would be finite if the sums were.
  static let cancelling = serialised(prototypes: prototypes) {
    $0.name.hasPrefix("backbone.layer2.0.conv") && !$0.name.contains("conv3") ? 1e30 : 1
  }

  /// A model whose features have length 1.
  static let unit = serialised(prototypes: prototypes, neck: .batchNormUnit(epsilon: 1e-5))

  /// A model whose features are made of statistics.
  static let statistics = serialised(
    prototypes: prototypes, neck: .statistics(features: featureCount))

  static func serialised(
    prototypes: [Prototype], neck: NetworkSpec.Neck = spec.neck,
    gain: (Parameter) -> Float = { _ in 1 }
  ) -> [UInt8] {
    do {
      var spec = spec
      spec.neck = neck
      var provenance = Provenance()
      provenance.creator = "CALTests"
      provenance.description = "two\nlines\tand a tab"
      return try Model.serialise(
        spec: spec,
        preprocessing: .init(
          size: inputSize, mean: [0.5, 0.4, 0.3], deviation: [0.25, 0.2, 0.225]),
        bank: Bank(epoch: 6, nextID: 12, featureCount: featureCount, prototypes: prototypes),
        decision: Decision(
          knownThreshold: knownThreshold, novelThreshold: novelThreshold,
          temperature: temperature),
        provenance: provenance, tensor: { values($0, gain: gain($0)) })
    } catch {
      Issue.record(error)
      return []
    }
  }

  private static func prototype(
    _ id: UInt64, _ kind: Prototype.Kind, _ name: String, mergedInto: UInt64? = nil
  ) -> Prototype {
    var random = Chance(seed: id)
    let count = kind == .retired ? 0 : featureCount
    return Prototype(
      id: id, kind: kind, name: name, vector: (0..<count).map { _ in random.uniform() },
      usage: 100 + id, confidenceSum: Double(id) + 0.5, birthEpoch: id % 7,
      mergedInto: mergedInto)
  }

  /// Weights of a size that keeps activations of order one.
  private static func values(_ parameter: Parameter, gain: Float) -> [Float] {
    var random = Chance(seed: parameter.name.utf8.reduce(17) { $0 &* 31 &+ UInt64($1) })
    let inputs = Float(parameter.count / parameter.shape[0])
    return (0..<parameter.count).map { _ in
      switch parameter.role {
      case .weight where parameter.shape.count == 4:
        return gain * random.uniform() * (6 / inputs).squareRoot()
      case .weight, .variance: return 1 + random.uniform() / 2
      case .bias: return random.uniform() / 4
      }
    }
  }
}

/// A model handle from bytes; nil, with an issue recorded, if loading fails.
func load(_ bytes: [UInt8] = Fixture.bytes) -> OpaquePointer? {
  var model: OpaquePointer?
  expect(cal_model_load_memory(bytes, bytes.count, nil, &model), CAL_OK)
  return model
}

/// A session, freed with this.
final class TestSession {
  let model: OpaquePointer?
  private let ownsModel: Bool
  private(set) var handle: OpaquePointer?

  /// Of a model of its own, freed with it.
  convenience init(
    threads: UInt32 = 1, kernels: Int = 0, bytes: [UInt8] = Fixture.bytes, flags: UInt32 = 0,
    precision: Int = 0
  ) {
    self.init(
      of: load(bytes), ownsModel: true, threads: threads, kernels: kernels, flags: flags,
      precision: precision)
  }

  /// Of a model that is the caller's to free.
  convenience init(of model: OpaquePointer?, threads: UInt32 = 1, precision: Int = 0) {
    self.init(
      of: model, ownsModel: false, threads: threads, kernels: 0, flags: 0, precision: precision)
  }

  private init(
    of model: OpaquePointer?, ownsModel: Bool, threads: UInt32, kernels: Int, flags: UInt32,
    precision: Int
  ) {
    self.model = model
    self.ownsModel = ownsModel
    var options = cal_session_options()
    options.struct_size = UInt32(MemoryLayout<cal_session_options>.size)
    options.threads = threads
    options.kernels = cal_kernels(kernels)
    options.flags = flags
    options.precision = cal_precision(precision)
    expect(cal_session_create(model, &options, &handle), CAL_OK)
  }

  deinit {
    cal_session_free(handle)
    if ownsModel { cal_model_free(model) }
  }
}
