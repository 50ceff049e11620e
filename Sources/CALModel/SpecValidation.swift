import CALNetwork

extension NetworkSpec {
  /// Throws unless every number is within `Limit` and the network can be planned: what passes
  /// here cannot overflow a size or ask for absurd memory or time.
  public func validate() throws(ModelError) {
    try checkCount(inputSize, Limit.inputSize, "preprocessing.size")
    try validateStem()
    try checkCount(stages.count, Limit.stages, "network.stages")
    for (i, stage) in stages.enumerated() {
      try validate(stage, "network.stages[\(i)]")
    }
    if let ffe {
      try checkCount(ffe.hiddenChannels, Limit.hiddenChannels, "network.ffe.hidden_channels")
      try checkCount(ffe.grid, Limit.grid, "network.ffe.grid")
    }
    try checkValue(normEpsilon, Limit.epsilon, "network.norm_epsilon")
    if let epsilon = neck.epsilon {
      try checkValue(epsilon, Limit.epsilon, "network.neck.norm_epsilon")
    }
    if case .statistics(let features) = neck {
      try checkCount(features, Limit.channels, "network.neck.features")
    }
    let tensors = parameters.count
    guard tensors <= Limit.tensors else {
      throw .limit("network: needs \(tensors) tensors, at most \(Limit.tensors)")
    }
    try validateWork()
  }

  private func validateStem() throws(ModelError) {
    guard stem.kernel == 3 || stem.kernel == 7 else {
      throw .invalid("network.stem.kernel: \(stem.kernel), needs 3 or 7")
    }
    try checkStride(stem.stride, "network.stem.stride")
    try checkCount(stem.channels, Limit.channels, "network.stem.channels")
  }

  private func validate(_ stage: Stage, _ path: String) throws(ModelError) {
    try checkCount(stage.blocks, Limit.blocks, path + ".blocks")
    try checkCount(stage.innerChannels, Limit.channels, path + ".inner_channels")
    try checkCount(stage.outChannels, Limit.channels, path + ".out_channels")
    try checkStride(stage.stride, path + ".stride")
    if block == .basic && stage.innerChannels != stage.outChannels {
      throw .invalid(
        "\(path).inner_channels: \(stage.innerChannels), needs out_channels "
          + "\(stage.outChannels) in a network of basic blocks")
    }
  }
}

private func checkStride(_ stride: Int, _ path: String) throws(ModelError) {
  guard stride == 1 || stride == 2 else { throw .invalid("\(path): \(stride), needs 1 or 2") }
}
