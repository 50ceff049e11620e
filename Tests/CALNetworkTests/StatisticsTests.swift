import CALTestSupport
import Synchronization
import Testing

@testable import CALNetwork

/// Statistics of the stem's and every block's map, and features made of them, against the maps of the same network cut off
/// there, on the reference path.
@Suite struct StatisticsTests {
  @Test(arguments: fastSets, 1...8)
  func areThoseOfTheMaps(_ kernels: KernelSet, _ seed: Int) throws {
    let random = RandomNetwork(seed: UInt64(seed) &+ 900)
    let input = random.input(seed: 1)
    let found = try statistics(random, kernels, input, threads: 1)
    #expect(found.count == random.spec.statisticCount)
    var at = 0
    for spec in prefixes(random.spec) {
      let network = try Network(spec: spec, kernels: .reference) { random.tensors[$0.name]! }
      let map = try Collector.run(network, [input], threads: 1).maps[0]
      let channels = spec.featureCount
      let expected = moments(map, channels: channels)
      let part = Array(found[at..<at + 2 * channels])
      #expect(relativeError(part, expected) < 2e-5, "\(spec)")
      at += 2 * channels
    }
    #expect(at == found.count)
  }

  @Test(arguments: fastSets)
  func bitsDependNotOnThreads(_ kernels: KernelSet) throws {
    let random = RandomNetwork(seed: 911)
    let input = random.input(seed: 2)
    let one = try statistics(random, kernels, input, threads: 1)
    for threads in 2...4 {
      #expect(try statistics(random, kernels, input, threads: threads) == one)
    }
  }

  /// The features of a statistics neck are a linear form of these, of length 1.
  @Test(arguments: KernelSet.allCases.filter(\.isAvailable), 1...4)
  func featuresAreMadeOfThem(_ kernels: KernelSet, _ seed: Int) throws {
    var spec = RandomNetwork(seed: UInt64(seed) &+ 920).spec
    spec.neck = .statistics(features: [1, 7, 16, 29][seed - 1])
    let random = RandomNetwork(spec: spec, seed: 5)
    let input = random.input(seed: 3)
    let network = try random.network(kernels)
    let found = try Collector.run(network, [input, input], threads: 2).features
    #expect(found[0] == found[1])
    #expect(try Collector.run(network, [input], threads: 3).features[0] == found[0])
    let job = Listener(input)
    try Executor(network: network, threads: 1).run(count: 1, job: job)
    let weights = random.tensors["neck.projection.weight"]!
    let raw = random.tensors["neck.projection.bias"]!.enumerated().map { row, bias in
      job.statistics.enumerated().reduce(Double(bias)) {
        $0 + Double(weights[row * job.statistics.count + $1.offset]) * Double($1.element)
      }
    }
    let length = raw.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(relativeError(found[0], raw.map { Float($0 / length) }) < 1e-5)
    let slow = try Collector.run(try random.network(.reference), [input], threads: 1).features[0]
    #expect(relativeError(found[0], slow) < 1e-4)
  }

  /// Kept maps are those that the statistics are of, and keeping them changes nothing.
  @Test(arguments: KernelSet.allCases.filter(\.isAvailable))
  func mapsAreKept(_ kernels: KernelSet) throws {
    var spec = RandomNetwork(seed: 931).spec
    spec.neck = .statistics(features: 6)
    let random = RandomNetwork(spec: spec, seed: 6)
    let job = Listener(random.input(seed: 4))
    let network = try random.network(kernels)
    try Executor(network: network, threads: 2, keepsMaps: true).run(count: 1, job: job)
    let (statistics, maps) = (job.statistics, job.maps)
    #expect(maps.reduce(0) { $0 + 2 * $1.map.channels } == spec.statisticCount)
    for (map, values) in maps {
      let packed = (0..<map.side * map.side * map.channels).map {
        values[$0 / map.channels * map.stride + $0 % map.channels]
      }
      let part = Array(statistics[map.first..<map.first + 2 * map.channels])
      #expect(relativeError(part, moments(packed, channels: map.channels)) < 2e-5)
    }
    try Executor(network: network, threads: 1).run(count: 1, job: job)
    #expect(job.statistics == statistics)
  }

  private func statistics(
    _ random: RandomNetwork, _ kernels: KernelSet, _ input: [Float], threads: Int
  ) throws -> [Float] {
    let network = try Network(spec: random.spec, kernels: kernels, statistics: true) {
      random.tensors[$0.name]!
    }
    let job = Listener(input)
    try Executor(network: network, threads: threads).run(count: 1, job: job)
    return job.statistics
  }

  /// The stem alone, then one block more each time. The gate would change the last map.
  private func prefixes(_ spec: NetworkSpec) -> [NetworkSpec] {
    var stem = spec
    stem.stages = []
    stem.ffe = nil
    stem.neck = .none
    stem.stem.maxPool = false
    var found = [stem]
    stem.stem.maxPool = spec.stem.maxPool
    for (s, stage) in spec.stages.enumerated() {
      for blocks in 1...stage.blocks {
        var cut = stem
        cut.stages = Array(spec.stages[..<s])
        var last = stage
        last.blocks = blocks
        cut.stages.append(last)
        found.append(cut)
      }
    }
    return found
  }

  private func moments(_ map: [Float], channels: Int) -> [Float] {
    let positions = map.count / channels
    var (means, deviations) = ([Float](), [Float]())
    for c in 0..<channels {
      let values = (0..<positions).map { Double(map[$0 * channels + c]) }
      let mean = values.reduce(0, +) / Double(positions)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(positions)
      means.append(Float(mean.squareRoot()))
      deviations.append(Float(variance.squareRoot().squareRoot()))
    }
    return means + deviations
  }
}

private final class Listener: ImageJob {
  private let input: [Float]
  private let received = Mutex<[Float]>([])
  private let receivedMaps = Mutex<[(map: StatisticsMap, values: [Float])]>([])
  var statistics: [Float] { received.withLock { $0 } }
  var maps: [(map: StatisticsMap, values: [Float])] { receivedMaps.withLock { $0 } }

  init(_ input: [Float]) { self.input = input }

  override func prepare(image: Int, worker: Int, input: inout MutableSpan<Float>) -> Bool {
    for i in 0..<input.count { input[i] = self.input[i] }
    return true
  }

  override func receive(statistics: Span<Float>, image: Int, worker: Int) {
    let values = (0..<statistics.count).map { statistics[$0] }
    received.withLock { $0 = values }
  }

  override func receive(map: StatisticsMap, values: Span<Float>, image: Int, worker: Int) {
    let copy = (0..<values.count).map { values[$0] }
    receivedMaps.withLock { $0.append((map, copy)) }
  }
}
