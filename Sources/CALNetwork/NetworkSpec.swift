/// What a network is made of, before any number in it: a residual network as torchvision and
/// timm build it, with the optional frequency gate (FFE) and neck of CAL.
public struct NetworkSpec: Sendable, Equatable {
  public enum Block: Sendable, Equatable {
    /// 3x3, 3x3.
    case basic
    /// 1x1, 3x3 (which carries the stride), 1x1.
    case bottleneck
  }

  /// The first convolution: `kernel` x `kernel`, padding `kernel / 2`, BatchNorm, ReLU, and if
  /// `maxPool` a 3x3 max pooling of stride 2 and padding 1.
  public struct Stem: Sendable, Equatable {
    public var kernel: Int
    public var stride: Int
    public var channels: Int
    public var maxPool: Bool

    public init(kernel: Int, stride: Int, channels: Int, maxPool: Bool) {
      self.kernel = kernel
      self.stride = stride
      self.channels = channels
      self.maxPool = maxPool
    }
  }

  /// A run of blocks on one map size. `stride` belongs to the first block; a shortcut
  /// convolution stands where stride or channel count changes.
  public struct Stage: Sendable, Equatable {
    public var blocks: Int
    public var innerChannels: Int
    public var outChannels: Int
    public var stride: Int

    public init(blocks: Int, innerChannels: Int, outChannels: Int, stride: Int) {
      self.blocks = blocks
      self.innerChannels = innerChannels
      self.outChannels = outChannels
      self.stride = stride
    }
  }

  /// Frequency-guided feature enhancement; 16 hidden channels and a grid of 8 as published.
  public struct FFE: Sendable, Equatable {
    public var hiddenChannels: Int
    public var grid: Int

    public init(hiddenChannels: Int = 16, grid: Int = 8) {
      self.hiddenChannels = hiddenChannels
      self.grid = grid
    }
  }

  /// What stands between pooled map and prototypes: nothing, or BNNeck (a BatchNorm), whose
  /// output may be scaled to length 1, so that logits are cosines but for the prototypes' lengths.
  /// The vector 0 stays 0. Or no pooled map at all: `features` linear forms of the statistics of
  /// all maps (`StatisticsStep`), scaled to length 1. The gate, which has its place behind the last
  /// of these maps, takes no part then.
  public enum Neck: Sendable, Equatable {
    case none
    case batchNorm(epsilon: Float)
    case batchNormUnit(epsilon: Float)
    case statistics(features: Int)

    /// Of the BatchNorm; nil: there is none.
    public var epsilon: Float? {
      switch self {
      case .none, .statistics: nil
      case .batchNorm(let epsilon), .batchNormUnit(let epsilon): epsilon
      }
    }

    /// Whether it is a BatchNorm whose output is scaled to length 1.
    public var isUnit: Bool {
      if case .batchNormUnit = self { true } else { false }
    }

    /// Whether features are made of statistics.
    public var takesStatistics: Bool {
      if case .statistics = self { true } else { false }
    }
  }

  public var block: Block
  public var stem: Stem
  public var stages: [Stage]
  public var ffe: FFE?
  public var neck: Neck
  /// Epsilon of every BatchNorm in stem and stages.
  public var normEpsilon: Float
  /// The input is `inputSize` x `inputSize` x 3.
  public var inputSize: Int

  public init(
    block: Block, stem: Stem, stages: [Stage], ffe: FFE?, neck: Neck, normEpsilon: Float = 1e-5,
    inputSize: Int
  ) {
    self.block = block
    self.stem = stem
    self.stages = stages
    self.ffe = ffe
    self.neck = neck
    self.normEpsilon = normEpsilon
    self.inputSize = inputSize
  }

  /// Length of the feature vector.
  public var featureCount: Int {
    if case .statistics(let features) = neck { features } else { mapChannels }
  }

  /// Channels of the last feature map.
  public var mapChannels: Int { stages.last?.outChannels ?? stem.channels }

  /// How many statistics of maps there are: two for every channel of the stem and of each block.
  public var statisticCount: Int {
    2 * stages.reduce(stem.channels) { $0 + $1.blocks * $1.outChannels }
  }
}
