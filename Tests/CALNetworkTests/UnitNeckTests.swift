import CALTestSupport
import Testing

@testable import CALNetwork

/// Features that are scaled to length 1.
@Suite struct UnitNeckTests {
  private func network(channels: Int, neck: NetworkSpec.Neck) -> RandomNetwork {
    let spec = NetworkSpec(
      block: .basic, stem: .init(kernel: 3, stride: 1, channels: channels, maxPool: false),
      stages: [.init(blocks: 1, innerChannels: channels, outChannels: channels, stride: 2)],
      ffe: .init(hiddenChannels: 3), neck: neck, inputSize: 16)
    return RandomNetwork(spec: spec, seed: UInt64(channels))
  }

  private func length(_ vector: [Float]) -> Double {
    vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  /// More channels than one item of pooling has, and numbers of them that fill no vector.
  @Test(arguments: KernelSet.allCases.filter(\.isAvailable), [1, 5, 17, 300])
  func featuresAreThoseOfTheNormScaledToLength1(_ kernels: KernelSet, _ channels: Int) throws {
    let unit = network(channels: channels, neck: .batchNormUnit(epsilon: 1e-5))
    let plain = network(channels: channels, neck: .batchNorm(epsilon: 1e-5))
    #expect(unit.tensors == plain.tensors)
    let inputs = [unit.input(seed: 1), unit.input(seed: 2)]
    let scaled = try Collector.run(try unit.network(kernels), inputs, threads: 2).features
    let raw = try Collector.run(try plain.network(kernels), inputs, threads: 1).features
    for (scaled, raw) in zip(scaled, raw) {
      #expect(abs(length(scaled) - 1) < 1e-6)
      let length = length(raw)
      #expect(relativeError(scaled, raw.map { Float(Double($0) / length) }) < 1e-6)
    }
  }

  @Test(arguments: KernelSet.allCases.filter(\.isAvailable))
  func theVector0Stays0(_ kernels: KernelSet) throws {
    let random = network(channels: 5, neck: .batchNormUnit(epsilon: 1e-5))
    let network = try Network(spec: random.spec, kernels: kernels) { parameter in
      parameter.name == "neck.weight" || parameter.name == "neck.bias"
        ? [0, 0, 0, 0, 0] : random.tensors[parameter.name]!
    }
    let features = try Collector.run(network, [random.input(seed: 1)], threads: 1).features[0]
    #expect(features == [0, 0, 0, 0, 0])
  }

  /// Vectors of any size, without overflow in between.
  @Test(arguments: [Float(1e-40), 1e-20, 1, 1e20, 3e38])
  func lengthsOfAnySize(size: Float) {
    let vector = [3 / 5 * size, 0, -4 / 5 * size]
    var scaled: [Float] = [9, 9, 9]
    vector.withUnsafeBufferPointer { FixedLength.prototypes.scale($0, into: &scaled) }
    #expect(relativeError(scaled, [6, 0, -8]) < 1e-5)
  }

  /// A row of 0 has no direction to be turned from.
  @Test func theVector0HasNoGradient() {
    var result: [Float] = [9, 9]
    [0, 0].withUnsafeBufferPointer {
      FixedLength.features.gradient($0, from: [1, 2], into: &result)
    }
    #expect(result == [0, 0])
  }

  @Test func rowsOfTheHead() {
    let unit = network(channels: 2, neck: .batchNormUnit(epsilon: 1e-5)).spec
    let plain = network(channels: 2, neck: .batchNorm(epsilon: 1e-5)).spec
    let rows: [Float] = [3, 4, 0, -0.5, 0, 0]
    #expect(unit.headRows(rows) == [6, 8, 0, -10, 0, 0])
    #expect(relativeError(unit.firstRows(rows), [0.6, 0.8, 0, -1, 0, 0]) < 1e-6)
    #expect(plain.headRows(rows) == rows)
    #expect(plain.firstRows(rows) == rows)
  }
}
