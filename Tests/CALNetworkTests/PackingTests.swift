import CALTestSupport
import Synchronization
import Testing

@testable import CALNetwork

/// How weights get into a plan, and back.
@Suite struct PackingTests {
  /// Wide enough for layers of all kinds to be worth giving back: two terms, strides, Winograd's.
  private let wide = NetworkSpec(
    block: .bottleneck, stem: .init(kernel: 7, stride: 2, channels: 24, maxPool: true),
    stages: [
      .init(blocks: 2, innerChannels: 72, outChannels: 200, stride: 1),
      .init(blocks: 2, innerChannels: 200, outChannels: 520, stride: 2),
    ], ffe: .init(hiddenChannels: 3), neck: .batchNorm(epsilon: 1e-5), inputSize: 40)

  @Test(arguments: fastSets)
  func manyThreadsPackTheSame(_ kernels: KernelSet) throws {
    let random = RandomNetwork(spec: wide, seed: 1)
    let input = random.input(seed: 1)
    let alone = try Collector.run(try random.network(kernels), [input], threads: 1)
    let network = try Network(spec: wide, kernels: kernels, threads: 3) {
      .owned(random.tensors[$0.name]!)
    }
    #expect(try Collector.run(network, [input], threads: 1).features == alone.features)
  }

  /// In a model file, tensors stand at any address.
  @Test(arguments: KernelSet.allCases.filter(\.isAvailable), 1...3)
  func tensorsAreReadAtAnyAlignment(_ kernels: KernelSet, _ shift: Int) throws {
    let random = RandomNetwork(seed: 3)
    let input = random.input(seed: 1)
    let aligned = try Collector.run(try random.network(kernels), [input], threads: 1)
    let shifted = Shifted(random.tensors, by: shift)
    let network = try Network(spec: random.spec, kernels: kernels, threads: 1) {
      .lent(shifted.bytes(of: $0))
    }
    #expect(try Collector.run(network, [input], threads: 1).features == aligned.features)
  }

  @Test(arguments: fastSets)
  func weightsComeBackBitForBit(_ kernels: KernelSet) throws {
    var random = RandomNetwork(spec: wide, seed: 2)
    let odd: [Float] = [0, -0.0, 1e-30, -3e-20, 1e20, .pi, 1.9999999, -1.0000001]
    for (i, value) in odd.enumerated() {
      random.tensors["backbone.layer2.0.conv1.weight"]![37 * i] = value
    }
    random.tensors["backbone.layer2.0.bn1.weight"]![0] = -0.7
    let names = try check(random, kernels)
    // Of the second stage: reductions, the strided 3x3, and both terms of the projected block.
    #expect(
      names.isSuperset(
        of: ["0.conv1", "0.conv2", "0.conv3", "0.downsample.0", "1.conv1", "1.conv3"].map {
          "backbone.layer2.\($0).weight"
        }))
  }

  /// A product with 0 says nothing of a weight, nor does one that lost its bits below the least
  /// normal number: who lent such a tensor is not told that it may go.
  @Test(arguments: fastSets, [Float(0), 1e-38])
  func whatIsLostIsNotGivenBack(_ kernels: KernelSet, _ gamma: Float) throws {
    var random = RandomNetwork(spec: wide, seed: 4)
    random.tensors["backbone.layer2.0.bn1.weight"]![5] = gamma
    let names = try check(random, kernels)
    #expect(!names.contains("backbone.layer2.0.conv1.weight"))
    #expect(names.contains("backbone.layer2.0.conv2.weight"))
  }

  /// Packs, and compares what can be had back with what was lent.
  private func check(_ random: RandomNetwork, _ kernels: KernelSet) throws -> Set<String> {
    let shifted = Shifted(random.tensors, by: 1)
    let packed = Mutex<[PackedTensor]>([])
    _ = try Network(
      spec: random.spec, kernels: kernels, threads: 2,
      isPacked: { tensor in packed.withLock { $0.append(tensor) } },
      parameter: { .lent(shifted.bytes(of: $0)) })
    let tensors = packed.withLock { $0 }
    for tensor in tensors {
      let expected = random.tensors[tensor.name]!.map(\.bitPattern)
      #expect(tensor.values.map(\.bitPattern) == expected, "\(tensor.name)")
    }
    return Set(tensors.map(\.name))
  }
}

/// Tensors that begin `shift` bytes behind a multiple of 16.
private final class Shifted {
  private var blocks: [String: UnsafeMutableRawBufferPointer] = [:]
  private let shift: Int

  init(_ tensors: [String: [Float]], by shift: Int) {
    self.shift = shift
    for (name, values) in tensors {
      let block = UnsafeMutableRawBufferPointer.allocate(
        byteCount: shift + 4 * values.count, alignment: 16)
      values.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: block[shift...]).copyMemory(from: $0)
      }
      blocks[name] = block
    }
  }

  deinit { for block in blocks.values { block.deallocate() } }

  func bytes(of parameter: Parameter) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: blocks[parameter.name]![shift...])
  }
}
