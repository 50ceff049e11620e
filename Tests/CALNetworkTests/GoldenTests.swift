import CALTestSupport
import Testing

@testable import CALNetwork

/// One of the two golden networks, with the published names translated to ours.
struct GoldenNetwork {
  let spec: NetworkSpec
  let tensors: [String: [Float]]
  let numbers: Safetensors

  static let names = ["basic", "bottleneck"]

  init(_ name: String) throws {
    let basic = name == "basic"
    let widths = [8, 16, 32, 64]
    spec = NetworkSpec(
      block: basic ? .basic : .bottleneck,
      stem: .init(kernel: 7, stride: 2, channels: 16, maxPool: true),
      stages: zip(basic ? [2, 2, 2, 2] : [3, 4, 6, 3], widths).enumerated().map { i, pair in
        .init(
          blocks: pair.0, innerChannels: pair.1, outChannels: pair.1 * (basic ? 1 : 4),
          stride: i == 0 ? 1 : 2)
      },
      ffe: .init(), neck: .batchNorm(epsilon: 1e-5), inputSize: basic ? 64 : 96)
    numbers = try Shared.golden("\(name).golden")
    var tensors: [String: [Float]] = [:]
    for (key, value) in try Shared.golden(name).tensors {
      tensors[GoldenNetwork.translate(key)] = value
    }
    self.tensors = tensors
  }

  private static func translate(_ key: String) -> String {
    let rules = [
      ("encoder.encoder.", "backbone."), ("encoder.fft_attn_module.freq_attn_net.", "ffe."),
      ("encoder.bottleneck.", "neck."),
    ]
    for (from, to) in rules where key.hasPrefix(from) { return to + key.dropFirst(from.count) }
    return key
  }

  func input(_ image: Int) -> [Float] {
    let size = 3 * spec.inputSize * spec.inputSize
    return Array(numbers.tensors["input"]![image * size..<(image + 1) * size])
  }

  func expected(_ name: String, _ image: Int) -> [Float] {
    let all = numbers.tensors[name]!
    return Array(all[image * (all.count / 8)..<(image + 1) * (all.count / 8)])
  }
}

@Suite(.enabled(if: Shared.isPresent, "golden numbers not found: set CAL_SHARED"))
struct GoldenTests {
  @Test(arguments: GoldenNetwork.names)
  func referencePathGivesTheGoldenNumbers(_ name: String) throws {
    let golden = try GoldenNetwork(name)
    let network = ReferenceNetwork(spec: golden.spec, tensors: golden.tensors)
    for image in 0..<8 {
      let input = golden.input(image)
      let gate = network.frequencyGate(network.image(input))
      let maps = network.maps(input)
      let map = network.featureMap(input, maps)
      let backbone = maps[maps.count - 1].values
      #expect(relativeError(backbone, golden.expected("backbone", image)) < 1e-5)
      #expect(relativeError(gate.values, golden.expected("attention", image)) < 1e-5)
      #expect(
        relativeError(network.features(of: map, maps), golden.expected("features", image)) < 1e-5)
    }
  }

  @Test(arguments: GoldenNetwork.names, fastSets)
  func fastPathGivesTheGoldenNumbers(_ name: String, _ kernels: KernelSet) throws {
    let golden = try GoldenNetwork(name)
    let network = try Network(spec: golden.spec, kernels: kernels) { golden.tensors[$0.name]! }
    let result = try Collector.run(network, (0..<8).map(golden.input), threads: 2)
    let channels = golden.spec.featureCount
    let prototypes = golden.tensors["encoder.fc2"]!
    for image in 0..<8 {
      let features = result.features[image]
      let logits = (0..<prototypes.count / channels).map { k in
        (0..<channels).reduce(Float(0)) { $0 + features[$1] * prototypes[k * channels + $1] }
      }
      #expect(relativeError(features, golden.expected("features", image)) < 2e-5)
      #expect(relativeError(logits, golden.expected("logits", image)) < 2e-5)
    }
  }
}
