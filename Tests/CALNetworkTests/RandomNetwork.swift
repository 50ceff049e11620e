import CALTestSupport
import Synchronization
import Testing

@testable import CALNetwork

/// A small network of random shape and weights whose activations stay of order one.
struct RandomNetwork {
  let spec: NetworkSpec
  var tensors: [String: [Float]]

  init(seed: UInt64) {
    var random = Chance(seed: seed)
    let spec = RandomNetwork.spec(&random)
    self.init(spec: spec, seed: seed)
  }

  init(spec: NetworkSpec, seed: UInt64) {
    var random = Chance(seed: seed &+ 1_000_003)
    var tensors: [String: [Float]] = [:]
    for parameter in spec.parameters {
      tensors[parameter.name] = RandomNetwork.values(parameter, &random)
    }
    self.spec = spec
    self.tensors = tensors
  }

  func input(seed: UInt64) -> [Float] {
    var random = Chance(seed: seed &+ 77)
    return (0..<3 * spec.inputSize * spec.inputSize).map { _ in 2 * random.uniform() }
  }

  func network(_ kernels: KernelSet, _ arithmetic: Arithmetic = .fp32) throws -> Network {
    try Network(spec: spec, kernels: kernels, arithmetic: arithmetic) { tensors[$0.name]! }
  }

  /// Ranges for int8, from some inputs.
  func ranges(_ inputs: [[Float]]) throws -> Quantisation {
    let recorder = RangeRecorder(spec)
    let network = try Network(
      spec: spec, kernels: .best, recorder: recorder, threads: 1
    ) {
      .owned(tensors[$0.name]!)
    }
    _ = try Collector.run(network, inputs, threads: 2)
    return recorder.quantisation
  }

  private static func spec(_ random: inout Chance) -> NetworkSpec {
    let block: NetworkSpec.Block = random.pick([.basic, .bottleneck])
    let kernel = random.pick([3, 7])
    var stages: [NetworkSpec.Stage] = []
    for s in 0..<Int.random(in: 1...3, using: &random) {
      let inner = random.pick([3, 8, 16, 20, 33, 48])
      stages.append(
        .init(
          blocks: Int.random(in: 1...2, using: &random), innerChannels: inner,
          outChannels: block == .basic ? inner : inner * random.pick([1, 2, 4]),
          stride: s == 0 ? random.pick([1, 2]) : 2))
    }
    return NetworkSpec(
      block: block,
      stem: .init(
        kernel: kernel, stride: random.pick([1, 2]), channels: random.pick([4, 16, 24]),
        maxPool: random.pick([true, false])),
      stages: stages, ffe: random.pick([nil, .init(hiddenChannels: random.pick([3, 16]))]),
      neck: random.pick([.none, .batchNorm(epsilon: 1e-5), .batchNormUnit(epsilon: 1e-5)]),
      inputSize: random.pick([16, 24, 33, 40, 56, 64, 71, 96]))
  }

  private static func values(_ parameter: Parameter, _ random: inout Chance) -> [Float] {
    let isNorm = parameter.shape.count == 1
    switch parameter.role {
    case .variance: return (0..<parameter.count).map { _ in 1 + 0.5 * random.uniform() }
    case .bias: return (0..<parameter.count).map { _ in 0.2 * random.uniform() }
    case .weight where isNorm: return (0..<parameter.count).map { _ in 1 + 0.3 * random.uniform() }
    case .weight:
      let fanIn = parameter.shape.dropFirst().reduce(1, *)
      // The mask sees un-normalised frequencies: small weights keep it out of saturation.
      let scale = parameter.name.hasPrefix("ffe") ? 0.01 : (3 / Float(fanIn)).squareRoot() * 1.4
      return (0..<parameter.count).map { _ in scale * random.uniform() }
    }
  }
}

extension RandomNetwork {
  /// One whose sums in fp32 are exact for `exactInput`, and so the same in every set: those of the
  /// stem, and where that has few channels, of what reads it. Its other convolutions are reduced in
  /// int8 and bf16, and none is Winograd's.
  static func exactStem(seed: UInt64) -> RandomNetwork {
    var chance = Chance(seed: seed)
    let stages = (0..<Int.random(in: 1...3, using: &chance)).map { _ in
      NetworkSpec.Stage(
        blocks: 1, innerChannels: chance.pick([17, 20, 32, 33]),
        outChannels: chance.pick([18, 48, 64]), stride: 2)
    }
    let channels = chance.pick([16, 24])
    let spec = NetworkSpec(
      block: .bottleneck,
      stem: .init(kernel: 3, stride: 1, channels: channels, maxPool: chance.pick([true, false])),
      stages: stages, ffe: nil, neck: .none, normEpsilon: 0.5, inputSize: chance.pick([17, 24]))
    var random = RandomNetwork(spec: spec, seed: seed)
    random.makeExact("backbone.conv1", "backbone.bn1")
    if channels == 16 {
      random.makeExact("backbone.layer1.0.conv1", "backbone.layer1.0.bn1")
      random.makeExact("backbone.layer1.0.downsample.0", "backbone.layer1.0.downsample.1")
    }
    return random
  }

  /// Weights of few digits, and a norm that changes nothing.
  private mutating func makeExact(_ convolution: String, _ norm: String) {
    tensors[convolution + ".weight"] = tensors[convolution + ".weight"]!.map {
      ($0 * 8).rounded() / 8
    }
    for (part, value) in [("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 0.5)] {
      tensors["\(norm).\(part)"] = tensors["\(norm).\(part)"]!.map { _ in Float(value) }
    }
  }

  /// Gives weights of its stem and of its first block the largest numbers there are.
  mutating func makeHuge() {
    for (name, value) in [
      ("backbone.layer1.0.bn1.weight", Float.greatestFiniteMagnitude),
      ("backbone.layer1.0.conv1.weight", Float.greatestFiniteMagnitude),
      ("backbone.bn1.weight", 3e38),
    ] {
      tensors[name] = tensors[name]!.map { $0 < 0 ? -value : value }
    }
  }

  func exactInput(seed: UInt64) -> [Float] { input(seed: seed).map { ($0 * 16).rounded() / 16 } }
}

/// Runs given inputs and keeps what comes out.
///
/// Images finish on several threads at once, and an array of Swift must not even be written at
/// different places at once, so both lists stand behind a lock.
final class Collector: ImageJob {
  let inputs: [[Float]]
  let channels: Int
  let stride: Int
  private let collected: Mutex<[(features: [Float], map: [Float])]>

  var features: [[Float]] { collected.withLock { $0.map { $0.features } } }
  var maps: [[Float]] { collected.withLock { $0.map { $0.map } } }

  init(_ inputs: [[Float]], _ executor: Executor) {
    self.inputs = inputs
    channels = executor.network.spec.mapChannels
    stride = executor.mapStride
    collected = Mutex(inputs.map { _ in ([], []) })
  }

  override func prepare(image: Int, worker: Int, input: inout MutableSpan<Float>) -> Bool {
    for i in 0..<input.count { input[i] = inputs[image][i] }
    return true
  }

  override func finish(image: Int, worker: Int, features: Span<Float>, map: Span<Float>) {
    let vector = (0..<features.count).map { features[$0] }
    let positions = (map.count + stride - channels) / stride
    let values = (0..<positions * channels).map { map[$0 / channels * stride + $0 % channels] }
    collected.withLock { $0[image] = (vector, values) }
  }

  static func run(_ network: Network, _ inputs: [[Float]], threads: Int) throws -> Collector {
    let executor = try Executor(network: network, threads: threads)
    let collector = Collector(inputs, executor)
    executor.run(count: inputs.count, job: collector)
    return collector
  }
}

/// The promise of cal.h: the same bits alone, in a batch, and for any number of threads.
func expectBitsForAnyBatchAndThreads(_ network: Network, _ inputs: [[Float]]) throws {
  let alone = try inputs.map { try Collector.run(network, [$0], threads: 1).features[0] }
  for threads in [1, 2, 3, 4] {
    #expect(try Collector.run(network, inputs, threads: threads).features == alone)
    #expect(try Collector.run(network, [inputs[0]], threads: threads).features[0] == alone[0])
  }
}
