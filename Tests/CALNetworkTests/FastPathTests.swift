import CALTestSupport
import Testing

@testable import CALNetwork

let fastSets = KernelSet.allCases.filter { $0 != .reference && $0.isAvailable }

@Suite struct FastPathTests {
  @Test(arguments: fastSets, 1...24)
  func equalsTheReferenceOnRandomNetworks(_ kernels: KernelSet, _ seed: Int) throws {
    let random = RandomNetwork(seed: UInt64(seed))
    let inputs = [random.input(seed: 1), random.input(seed: 2)]
    let fast = try Collector.run(try random.network(kernels), inputs, threads: 1)
    let slow = try Collector.run(try random.network(.reference), inputs, threads: 1)
    for i in inputs.indices {
      #expect(relativeError(fast.maps[i], slow.maps[i]) < 2e-5, "\(random.spec)")
      #expect(relativeError(fast.features[i], slow.features[i]) < 2e-5, "\(random.spec)")
    }
  }

  @Test(arguments: fastSets, 1...8)
  func bitsDependNeitherOnBatchNorThreads(_ kernels: KernelSet, _ seed: Int) throws {
    let random = RandomNetwork(seed: UInt64(seed) &+ 500)
    let network = try random.network(kernels)
    let inputs = (0..<7).map { random.input(seed: UInt64($0)) }
    try expectBitsForAnyBatchAndThreads(network, inputs)
  }

  /// Every block height and both panel widths of the microkernel, through odd shapes.
  @Test(arguments: fastSets)
  func widthsThatFillNoVector(_ kernels: KernelSet) throws {
    for channels in [1, 5, 15, 16, 17, 31, 32, 33, 49] {
      let spec = NetworkSpec(
        block: .basic, stem: .init(kernel: 3, stride: 1, channels: channels, maxPool: false),
        stages: [.init(blocks: 2, innerChannels: channels, outChannels: channels, stride: 1)],
        ffe: nil, neck: .none, inputSize: 13)
      let random = RandomNetwork(spec: spec, seed: UInt64(channels))
      let input = random.input(seed: 3)
      let fast = try Collector.run(try random.network(kernels), [input], threads: 1)
      let slow = try Collector.run(try random.network(.reference), [input], threads: 1)
      #expect(relativeError(fast.maps[0], slow.maps[0]) < 2e-5, "\(channels) channels")
    }
  }

  /// Channels that get a stride of their own, in maps of even and odd numbers of tiles, worked on
  /// by one worker and by several.
  @Test(arguments: fastSets, [64, 128, 256])
  func wideLayersOnManyThreads(_ kernels: KernelSet, _ channels: Int) throws {
    for side in [7, 8, 9, 12, 16] {
      let spec = NetworkSpec(
        block: .basic, stem: .init(kernel: 3, stride: 1, channels: channels, maxPool: false),
        stages: [.init(blocks: 1, innerChannels: channels, outChannels: channels, stride: 1)],
        ffe: nil, neck: .none, inputSize: side)
      let random = RandomNetwork(spec: spec, seed: UInt64(channels + side))
      let input = random.input(seed: 3)
      let network = try random.network(kernels)
      let alone = try Collector.run(network, [input], threads: 1)
      let slow = try Collector.run(try random.network(.reference), [input], threads: 1)
      #expect(relativeError(alone.maps[0], slow.maps[0]) < 2e-5, "side \(side)")
      for threads in 2...3 {
        let together = try Collector.run(network, [input], threads: threads)
        #expect(together.maps[0] == alone.maps[0], "side \(side), \(threads) threads")
      }
    }
  }

  @Test func anExecutorRunsAgainAndAgain() throws {
    let random = RandomNetwork(seed: 9)
    let executor = try Executor(network: try random.network(.best), threads: 2)
    let inputs = (0..<5).map { random.input(seed: UInt64($0)) }
    let first = Collector(inputs, executor)
    executor.run(count: 5, job: first)
    for _ in 0..<50 {
      let again = Collector(inputs, executor)
      executor.run(count: 5, job: again)
      #expect(again.features == first.features)
    }
  }

  @Test func aMissingTensorIsNamed() {
    let random = RandomNetwork(seed: 4)
    #expect(throws: NetworkError.parameter("backbone.layer1.0.conv1.weight")) {
      try Network(spec: random.spec, kernels: .best) {
        $0.name == "backbone.layer1.0.conv1.weight" ? [] : random.tensors[$0.name]!
      }
    }
  }
}
