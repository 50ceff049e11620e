/// The network as the paper states it, layer after layer, for one image: no folding, no
/// packing, no reuse of memory. Slow and plain; the fast path is tested against it, and a
/// session can be told to run it (CAL_KERNELS_REFERENCE).
struct ReferenceNetwork: Sendable {
  let spec: NetworkSpec
  private let tensors: [String: [Float]]

  init(spec: NetworkSpec, tensors: [String: [Float]]) {
    self.spec = spec
    self.tensors = tensors
  }

  /// The last feature map behind the gate. `input` is (3, inputSize, inputSize).
  func featureMap(_ input: [Float]) -> FeatureMap {
    let image = FeatureMap(
      channels: 3, height: spec.inputSize, width: spec.inputSize, values: input)
    let map = backbone(image)
    guard spec.ffe != nil else { return map }
    let gate = frequencyGate(image).resized(height: map.height, width: map.width)
    return map.combined(with: gate, *)
  }

  /// The feature vector: pooled map through the neck.
  func features(of map: FeatureMap) -> [Float] {
    let pooled = map.pooled()
    guard let epsilon = spec.neck.epsilon else { return pooled }
    let neck = norm("neck", epsilon: epsilon)
    let features = pooled.indices.map { neck.apply(pooled[$0], channel: $0) }
    guard spec.neck.isUnit else { return features }
    let length = features.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    return length == 0 ? features : features.map { Float(Double($0) / length) }
  }

  /// Stem and stages.
  func backbone(_ image: FeatureMap) -> FeatureMap {
    let stem = spec.stem
    var map = convolution(
      image, "backbone.conv1", "backbone.bn1", out: stem.channels, kernel: stem.kernel,
      stride: stem.stride
    ).rectified()
    if stem.maxPool { map = map.maxPooled() }
    for (s, stage) in spec.stages.enumerated() {
      for b in 0..<stage.blocks {
        map = block(map, stage, "backbone.layer\(s + 1).\(b)", first: b == 0, stage: s)
      }
    }
    return map
  }

  /// FFE up to the average pooling: one channel, about grid x grid.
  func frequencyGate(_ image: FeatureMap) -> FeatureMap {
    guard let ffe = spec.ffe else { return image }
    let spectrum = image.cosineTransformed()
    let mask =
      spectrum
      .convolved(weight: values("ffe.0.weight"), out: ffe.hiddenChannels, kernel: 3)
      .adding(bias: values("ffe.0.bias")).rectified()
      .convolved(weight: values("ffe.2.weight"), out: 1, kernel: 3)
      .adding(bias: values("ffe.2.bias")).map(sigmoid)
    return spectrum.combined(with: mask, *).inverseCosineTransformed().channelMean()
      .map(sigmoid).averagePooled(grid: ffe.grid)
  }

  private func block(
    _ input: FeatureMap, _ stage: NetworkSpec.Stage, _ prefix: String, first: Bool, stage s: Int
  ) -> FeatureMap {
    let stride = first ? stage.stride : 1
    let inner = stage.innerChannels
    let out = stage.outChannels
    func layer(_ x: FeatureMap, _ i: Int, out: Int, kernel: Int, stride: Int = 1) -> FeatureMap {
      convolution(
        x, "\(prefix).conv\(i)", "\(prefix).bn\(i)", out: out, kernel: kernel, stride: stride)
    }

    let body: FeatureMap
    switch spec.block {
    case .basic:
      let a = layer(input, 1, out: inner, kernel: 3, stride: stride).rectified()
      body = layer(a, 2, out: out, kernel: 3)
    case .bottleneck:
      let a = layer(input, 1, out: inner, kernel: 1).rectified()
      let b = layer(a, 2, out: inner, kernel: 3, stride: stride).rectified()
      body = layer(b, 3, out: out, kernel: 1)
    }
    let shortcut =
      spec.projects(stage: s, block: first ? 0 : 1)
      ? convolution(
        input, prefix + ".downsample.0", prefix + ".downsample.1", out: out, kernel: 1,
        stride: stride)
      : input
    return body.combined(with: shortcut, +).rectified()
  }

  private func convolution(
    _ input: FeatureMap, _ name: String, _ norm: String, out: Int, kernel: Int, stride: Int
  ) -> FeatureMap {
    input.convolved(weight: values(name + ".weight"), out: out, kernel: kernel, stride: stride)
      .normalised(self.norm(norm, epsilon: spec.normEpsilon))
  }

  private func norm(_ name: String, epsilon: Float) -> ReferenceNorm {
    ReferenceNorm(
      weight: values(name + ".weight"), bias: values(name + ".bias"),
      mean: values(name + ".running_mean"), variance: values(name + ".running_var"),
      epsilon: epsilon)
  }

  private func values(_ name: String) -> [Float] { tensors[name] ?? [] }
}
