/// How a network's convolutions are computed.
public enum Precision: Int32, Sendable, CaseIterable {
  case fp32 = 1
  /// Those of the blocks in whole numbers, where that is faster (`BlockConvolution.isReduced`).
  case int8 = 2
  /// The same ones with products of bf16 numbers.
  case bf16 = 3

  public var name: String {
    switch self {
    case .fp32: "fp32"
    case .int8: "int8"
    case .bf16: "bf16"
    }
  }
}

/// A precision and what it needs beside the weights.
public enum Arithmetic: Sendable {
  case fp32
  case int8(Quantisation)
  case bf16

  var precision: Precision {
    switch self {
    case .fp32: .fp32
    case .int8: .int8
    case .bf16: .bf16
    }
  }

  /// What int8 has of the inputs of what it computes, by the names of weights.
  func ranges(_ spec: NetworkSpec) throws(NetworkError) -> [String: Float] {
    guard case .int8(let quantisation) = self else { return [:] }
    return try quantisation.used(by: spec)
  }

  /// Names of the weights that are multiplied as bf16 numbers.
  func rounded(_ spec: NetworkSpec) -> Set<String> {
    guard case .bf16 = self else { return [] }
    return Set(spec.blockConvolutions.filter(\.isReduced).map(\.weights))
  }
}

/// What int8 needs beside the weights: how large inputs are. Which codes these become is not said
/// here, so that kernels may change.
public struct Quantisation: Sendable, Equatable {
  /// For each of `NetworkSpec.quantisable`: the value of its input from which on all are one.
  public var ranges: [String: Float]

  /// Of a range.
  public static let limit: ClosedRange<Float> = 1e-20...1e20

  public init(ranges: [String: Float]) { self.ranges = ranges }

  /// The ranges of what is computed in whole numbers.
  func used(by spec: NetworkSpec) throws(NetworkError) -> [String: Float] {
    var used: [String: Float] = [:]
    for convolution in spec.blockConvolutions where convolution.isReduced {
      guard let range = ranges[convolution.weights] else { throw .range(convolution.weights) }
      used[convolution.weights] = range
    }
    return used
  }
}

/// A convolution in a block. Its input is behind a ReLU.
struct BlockConvolution {
  /// As it is in PyTorch, and that of the norm behind it.
  var name: String
  var norm: String
  var kernel: Int
  var stride: Int
  var input: Int
  var out: Int
  /// Of its output's map.
  var side: Int

  /// The name of its weights.
  var weights: String { name + ".weight" }

  static let parts = [
    ("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3"), ("downsample.0", "downsample.1"),
  ]

  /// Whether int8 has it in whole numbers, and bf16 with products of its numbers. Not where
  /// Winograd's algorithm serves it with large tiles, which multiplies a quarter as often: with AVX2 that takes 0.7 to 0.9 times as long as whole
  /// numbers do, and small tiles 1.2 to 1.8 times (64 x 64 positions of 64 channels to 8 x 8 of
  /// 512; Zen 3). Nor 1x1 ones of few channels, where making codes takes as long as multiplying does
  /// (of 16 channels they gain nothing, of 32 they are 1.3 times as fast, of 64 and more 1.5 to 2.3
  /// times). bf16 multiplies twice as often as fp32 at best, Winograd's large tiles save more: nine
  /// products for an output become two and a quarter. Those in bf16 would lose much of what they
  /// are to tell, because of the transforms' differences.
  var isReduced: Bool {
    if kernel == 1 { return input > 16 }
    return stride > 1 || Winograd.tile(side: side, input: input, output: out) != 4
  }
}

extension NetworkSpec {
  /// Names of the weights that int8 may have in whole numbers, in the order of computation.
  public var quantisable: [String] { blockConvolutions.map(\.weights) }

  var blockConvolutions: [BlockConvolution] {
    var side = firstSide
    var found: [BlockConvolution] = []
    let shapes = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0.shape) })
    for (s, stage) in stages.enumerated() {
      for b in 0..<stage.blocks {
        let prefix = "backbone.layer\(s + 1).\(b)"
        for (part, norm) in BlockConvolution.parts {
          guard let shape = shapes["\(prefix).\(part).weight"] else { continue }
          // The first 3x3 convolution and the shortcut carry the stride.
          let carries = part == "downsample.0" || part == (block == .basic ? "conv1" : "conv2")
          let stride = b == 0 && carries ? stage.stride : 1
          if part != "downsample.0" { side = convolved(side, kernel: shape[2], stride: stride) }
          found.append(
            BlockConvolution(
              name: "\(prefix).\(part)", norm: "\(prefix).\(norm)", kernel: shape[2],
              stride: stride, input: shape[1], out: shape[0], side: side))
        }
      }
    }
    return found
  }
}
