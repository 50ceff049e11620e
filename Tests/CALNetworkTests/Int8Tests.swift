import CALTestSupport
import Testing

@testable import CALNetwork

/// int8 against its own plain statement, against fp32, and against itself.
@Suite struct Int8Tests {
  /// Sums of whole numbers are the same everywhere, and so is what comes of them, where what goes in
  /// is. Such a network has nothing else: its stem's sums are exact too, and of its convolutions
  /// none is Winograd's.
  @Test(arguments: 1...12)
  func everySetGivesTheBitsOfTheReference(_ seed: Int) throws {
    let random = RandomNetwork.exactStem(seed: UInt64(seed))
    let inputs = (0..<2).map { random.exactInput(seed: UInt64($0)) }
    let ranges = try random.ranges(inputs)
    let expected = try Collector.run(
      try random.network(.reference, .int8(ranges)), inputs, threads: 1)
    for kernels in fastSets {
      let fast = try Collector.run(try random.network(kernels, .int8(ranges)), inputs, threads: 1)
      #expect(fast.maps == expected.maps, "\(kernels) \(random.spec)")
    }
    #expect(expected.maps[0].contains { $0 > 0 })
  }

  /// Any network: a value between two codes may get either, because what comes before it is rounded
  /// otherwise; so this can only be near.
  @Test(arguments: fastSets, 1...8)
  func isNearItsReferenceAndFloats(_ kernels: KernelSet, _ seed: Int) throws {
    let random = RandomNetwork(seed: UInt64(seed) &+ 90)
    let inputs = [random.input(seed: 1)]
    let ranges = try random.ranges(inputs)
    let fast = try Collector.run(try random.network(kernels, .int8(ranges)), inputs, threads: 1)
    let slow = try Collector.run(try random.network(.reference, .int8(ranges)), inputs, threads: 1)
    let exact = try Collector.run(try random.network(.reference), inputs, threads: 1)
    #expect(relativeError(fast.maps[0], slow.maps[0]) < 0.03, "\(random.spec)")
    #expect(relativeError(fast.maps[0], exact.maps[0]) < 0.1, "\(random.spec)")
  }

  @Test(arguments: fastSets, 1...8)
  func bitsDependNeitherOnBatchNorThreads(_ kernels: KernelSet, _ seed: Int) throws {
    let random = RandomNetwork(seed: UInt64(seed) &+ 700)
    let inputs = (0..<7).map { random.input(seed: UInt64($0)) }
    let network = try random.network(kernels, .int8(try random.ranges(inputs)))
    #expect(network.precision == .int8)
    try expectBitsForAnyBatchAndThreads(network, inputs)
  }

  @Test func whatEachLayerReadsIsRecorded() throws {
    let random = RandomNetwork(seed: 3)
    let ranges = try random.ranges([random.input(seed: 1)]).ranges
    #expect(Set(ranges.keys) == Set(random.spec.quantisable))
    #expect(ranges.values.allSatisfy { $0 > 0 && $0 < 100 })
  }

  @Test func aMissingRangeIsNamed() throws {
    let random = RandomNetwork.exactStem(seed: 1)
    var ranges = try random.ranges([random.input(seed: 1)])
    ranges.ranges["backbone.layer1.0.conv2.weight"] = nil
    for kernels in fastSets + [.reference] {
      #expect(throws: NetworkError.range("backbone.layer1.0.conv2.weight")) {
        try random.network(kernels, .int8(ranges))
      }
    }
  }

  /// Numbers that no code stands for end nothing: neither weights nor inputs.
  @Test(arguments: fastSets + [.reference])
  func hugeNumbersAreNoTrap(_ kernels: KernelSet) throws {
    var random = RandomNetwork.exactStem(seed: 2)
    let input = random.input(seed: 1)
    let ranges = try random.ranges([input])
    random.makeHuge()
    _ = try Collector.run(try random.network(kernels, .int8(ranges)), [input], threads: 1)
  }
}
