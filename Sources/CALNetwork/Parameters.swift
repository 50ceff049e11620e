/// One tensor that a network needs, by the name and shape it has in PyTorch.
public struct Parameter: Sendable, Equatable {
  public enum Role: Sendable, Equatable {
    case weight
    case bias
    /// Running variance of a BatchNorm: must not be negative.
    case variance
  }

  public var name: String
  /// Outermost first: (out, in, height, width) for a convolution, (channels) for the rest.
  public var shape: [Int]
  public var role: Role

  public var count: Int { shape.reduce(1, *) }
}

extension NetworkSpec {
  /// Every tensor of the network, in the order of computation. Names are torchvision's below
  /// `backbone.`, `ffe.` and `neck.`.
  public var parameters: [Parameter] {
    var list = ParameterList()
    list.convolution("backbone.conv1", out: stem.channels, in: 3, kernel: stem.kernel)
    list.norm("backbone.bn1", stem.channels)

    var channels = stem.channels
    for (s, stage) in stages.enumerated() {
      for b in 0..<stage.blocks {
        let prefix = "backbone.layer\(s + 1).\(b)"
        list.block(prefix, block, stage, in: channels, projects: projects(stage: s, block: b))
        channels = stage.outChannels
      }
    }

    if let ffe {
      list.convolution("ffe.0", out: ffe.hiddenChannels, in: 3, kernel: 3)
      list.add("ffe.0.bias", [ffe.hiddenChannels], .bias)
      list.convolution("ffe.2", out: 1, in: ffe.hiddenChannels, kernel: 3)
      list.add("ffe.2.bias", [1], .bias)
    }
    if neck.epsilon != nil { list.norm("neck", featureCount) }
    if neck.takesStatistics {
      list.add(NetworkSpec.projection + ".weight", [featureCount, statisticCount], .weight)
      list.add(NetworkSpec.projection + ".bias", [featureCount], .bias)
    }
    return list.parameters
  }

  /// What the tensors of a statistics neck begin with.
  public static let projection = "neck.projection"

  /// Whether a block's shortcut is a 1x1 convolution rather than the identity.
  public func projects(stage s: Int, block b: Int) -> Bool {
    guard b == 0 else { return false }
    let channels = s == 0 ? stem.channels : stages[s - 1].outChannels
    return stages[s].stride != 1 || channels != stages[s].outChannels
  }
}

private struct ParameterList {
  var parameters: [Parameter] = []

  mutating func add(_ name: String, _ shape: [Int], _ role: Parameter.Role) {
    parameters.append(Parameter(name: name, shape: shape, role: role))
  }

  mutating func convolution(_ name: String, out: Int, in channels: Int, kernel: Int) {
    add(name + ".weight", [out, channels, kernel, kernel], .weight)
  }

  mutating func norm(_ name: String, _ channels: Int) {
    add(name + ".weight", [channels], .weight)
    add(name + ".bias", [channels], .bias)
    add(name + ".running_mean", [channels], .bias)
    add(name + ".running_var", [channels], .variance)
  }

  mutating func block(
    _ prefix: String, _ kind: NetworkSpec.Block, _ stage: NetworkSpec.Stage, in channels: Int,
    projects: Bool
  ) {
    let inner = stage.innerChannels
    let out = stage.outChannels
    switch kind {
    case .basic:
      convolution(prefix + ".conv1", out: inner, in: channels, kernel: 3)
      norm(prefix + ".bn1", inner)
      convolution(prefix + ".conv2", out: out, in: inner, kernel: 3)
      norm(prefix + ".bn2", out)
    case .bottleneck:
      convolution(prefix + ".conv1", out: inner, in: channels, kernel: 1)
      norm(prefix + ".bn1", inner)
      convolution(prefix + ".conv2", out: inner, in: inner, kernel: 3)
      norm(prefix + ".bn2", inner)
      convolution(prefix + ".conv3", out: out, in: inner, kernel: 1)
      norm(prefix + ".bn3", out)
    }
    if projects {
      convolution(prefix + ".downsample.0", out: out, in: channels, kernel: 1)
      norm(prefix + ".downsample.1", out)
    }
  }
}
