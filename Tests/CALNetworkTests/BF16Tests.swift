import CALTestSupport
import Testing

@testable import CALNetwork

/// bf16 against its own plain statement, against fp32, and against itself.
@Suite struct BF16Tests {
  /// Every sum of such products has the same bits everywhere, if what goes in has. So it is in a
  /// network whose stem's sums are exact, and of whose convolutions none is Winograd's.
  @Test(arguments: 1...12)
  func everySetGivesTheBitsOfTheReference(_ seed: Int) throws {
    let random = RandomNetwork.exactStem(seed: UInt64(seed))
    let inputs = (0..<2).map { random.exactInput(seed: UInt64($0)) }
    let expected = try Collector.run(
      try random.network(.reference, .bf16), inputs, threads: 1)
    for kernels in fastSets {
      let fast = try Collector.run(try random.network(kernels, .bf16), inputs, threads: 1)
      #expect(fast.maps == expected.maps, "\(kernels) \(random.spec)")
    }
    #expect(expected.maps[0].contains { $0 > 0 })
  }

  /// Any network: what lies between two bf16 numbers may become either, because what comes before
  /// it is rounded otherwise; so this can only be near.
  @Test(arguments: fastSets, 1...8)
  func isNearItsReferenceAndFloats(_ kernels: KernelSet, _ seed: Int) throws {
    let random = RandomNetwork(seed: UInt64(seed) &+ 90)
    let inputs = [random.input(seed: 1)]
    let fast = try Collector.run(try random.network(kernels, .bf16), inputs, threads: 1)
    let slow = try Collector.run(try random.network(.reference, .bf16), inputs, threads: 1)
    let exact = try Collector.run(try random.network(.reference), inputs, threads: 1)
    #expect(relativeError(fast.maps[0], slow.maps[0]) < 0.003, "\(random.spec)")
    #expect(relativeError(fast.maps[0], exact.maps[0]) < 0.01, "\(random.spec)")
  }

  /// Rounding is seen: a network in bf16 is not one in fp32.
  @Test(arguments: fastSets + [.reference])
  func isNotFloats(_ kernels: KernelSet) throws {
    let random = RandomNetwork.exactStem(seed: 4)
    let input = random.exactInput(seed: 1)
    let network = try random.network(kernels, .bf16)
    #expect(network.precision == .bf16)
    let rounded = try Collector.run(network, [input], threads: 1)
    let exact = try Collector.run(try random.network(kernels), [input], threads: 1)
    #expect(relativeError(rounded.maps[0], exact.maps[0]) > 0.0005)
  }

  @Test(arguments: fastSets, 1...8)
  func bitsDependNeitherOnBatchNorThreads(_ kernels: KernelSet, _ seed: Int) throws {
    let random = RandomNetwork(seed: UInt64(seed) &+ 700)
    let inputs = (0..<7).map { random.input(seed: UInt64($0)) }
    let network = try random.network(kernels, .bf16)
    try expectBitsForAnyBatchAndThreads(network, inputs)
  }

  /// Numbers beyond all others end nothing: neither weights nor inputs.
  @Test(arguments: fastSets + [.reference])
  func hugeNumbersAreNoTrap(_ kernels: KernelSet) throws {
    var random = RandomNetwork.exactStem(seed: 2)
    random.makeHuge()
    let network = try random.network(kernels, .bf16)
    _ = try Collector.run(network, [random.exactInput(seed: 1)], threads: 1)
  }
}
