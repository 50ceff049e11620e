import CALNetwork

/// Adds up what one image costs, layer by layer, and stops at the first layer over a limit. A
/// single layer within `Limit` stays below 2^54 multiply-adds, so nothing overflows.
private struct WorkEstimate {
  var multiplyAdds = 0
  var statisticsMaps = 0

  /// A convolution with padding kernel / 2 from a map of `side` x `side`. Gives the new side.
  mutating func convolution(
    _ path: String, side: Int, in channels: Int, out: Int, kernel: Int, stride: Int
  ) throws(ModelError) -> Int {
    let newSide = convolved(side, kernel: kernel, stride: stride)
    let positions = newSide * newSide
    try add(path, positions * out * channels * kernel * kernel)
    let bytes = 4 * (side * side * channels + positions * out)
    guard bytes <= Limit.activationSize else {
      throw .limit("\(path): feature maps of \(bytes) bytes, at most \(Limit.activationSize)")
    }
    return newSide
  }

  /// A map that has statistics. At most 2049 of them, each within its own limit, so nothing
  /// overflows.
  mutating func keep(_ path: String, side: Int, channels: Int) throws(ModelError) {
    statisticsMaps += 4 * side * side * channels
    guard statisticsMaps <= Limit.statisticsMaps else {
      throw .limit(
        "\(path): maps with statistics of \(statisticsMaps) bytes so far, at most "
          + "\(Limit.statisticsMaps)")
    }
  }

  mutating func add(_ path: String, _ count: Int) throws(ModelError) {
    multiplyAdds += count
    guard multiplyAdds <= Limit.work else {
      throw .limit("\(path): \(multiplyAdds) multiply-adds so far, at most \(Limit.work)")
    }
  }
}

extension NetworkSpec {
  /// Throws if one image would take more time or memory than a usable model does. Every count
  /// must have been checked against its own limit before.
  func validateWork() throws(ModelError) {
    var work = WorkEstimate()
    if let ffe {
      // DCT and its inverse: two products of n x n matrices each, for three channels.
      try work.add("network.ffe", 12 * inputSize * inputSize * inputSize)
      for (channels, out) in [(3, ffe.hiddenChannels), (ffe.hiddenChannels, 1)] {
        _ = try work.convolution(
          "network.ffe", side: inputSize, in: channels, out: out, kernel: 3, stride: 1)
      }
    }
    var side = try work.convolution(
      "network.stem", side: inputSize, in: 3, out: stem.channels, kernel: stem.kernel,
      stride: stem.stride)
    let keepsMaps = neck.takesStatistics
    if keepsMaps { try work.keep("network.stem", side: side, channels: stem.channels) }
    if stem.maxPool { side = maxPooled(side) }
    var channels = stem.channels
    for (s, stage) in stages.enumerated() {
      for b in 0..<stage.blocks {
        let path = "network.stages[\(s)]"
        let stride = b == 0 ? stage.stride : 1
        side = try work.block(
          path, block, stage, side: side, in: channels, stride: stride,
          projects: projects(stage: s, block: b))
        channels = stage.outChannels
        if keepsMaps { try work.keep(path, side: side, channels: channels) }
      }
    }
    if keepsMaps { try work.add("network.neck", featureCount * statisticCount) }
  }
}

extension WorkEstimate {
  /// The convolutions of one residual block. Gives the new side.
  fileprivate mutating func block(
    _ path: String, _ kind: NetworkSpec.Block, _ stage: NetworkSpec.Stage, side: Int,
    in channels: Int, stride: Int, projects: Bool
  ) throws(ModelError) -> Int {
    let inner = stage.innerChannels
    let out = stage.outChannels
    if projects {
      _ = try convolution(path, side: side, in: channels, out: out, kernel: 1, stride: stride)
    }
    switch kind {
    case .basic:
      let next = try convolution(
        path, side: side, in: channels, out: inner, kernel: 3, stride: stride)
      return try convolution(path, side: next, in: inner, out: out, kernel: 3, stride: 1)
    case .bottleneck:
      _ = try convolution(path, side: side, in: channels, out: inner, kernel: 1, stride: 1)
      let next = try convolution(path, side: side, in: inner, out: inner, kernel: 3, stride: stride)
      return try convolution(path, side: next, in: inner, out: out, kernel: 1, stride: 1)
    }
  }
}
