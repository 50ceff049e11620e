/// The network as the paper states it, layer after layer, for one image: no folding, no
/// packing, no reuse of memory. Slow and plain; the fast path is tested against it, and a
/// session can be told to run it (CAL_KERNELS_REFERENCE).
struct ReferenceNetwork: Sendable {
  let spec: NetworkSpec
  private let tensors: [String: [Float]]
  /// By the names of their weights: the convolutions that int8 has in whole numbers.
  var int8: [String: ReferenceInt8] = [:]
  /// Those that bf16 has.
  var bf16: [String: ReferenceBF16] = [:]

  init(spec: NetworkSpec, tensors: [String: [Float]]) {
    self.spec = spec
    self.tensors = tensors
  }

  /// The maps of the stem, in front of its pooling, and of every block. `input` is
  /// (3, inputSize, inputSize).
  func maps(_ input: [Float]) -> [FeatureMap] {
    let stem = spec.stem
    var map = convolution(
      image(input), "backbone.conv1", "backbone.bn1", out: stem.channels, kernel: stem.kernel,
      stride: stem.stride
    ).rectified()
    var maps = [map]
    if stem.maxPool { map = map.maxPooled() }
    for (s, stage) in spec.stages.enumerated() {
      for b in 0..<stage.blocks {
        map = block(map, stage, "backbone.layer\(s + 1).\(b)", first: b == 0, stage: s)
        maps.append(map)
      }
    }
    return maps
  }

  /// The last of an input's maps, behind the gate if it has a part in the features.
  func featureMap(_ input: [Float], _ maps: [FeatureMap]) -> FeatureMap {
    let map = maps[maps.count - 1]
    guard spec.ffe != nil, !spec.neck.takesStatistics else { return map }
    let gate = frequencyGate(image(input)).resized(height: map.height, width: map.width)
    return map.combined(with: gate, *)
  }

  func image(_ input: [Float]) -> FeatureMap {
    FeatureMap(channels: 3, height: spec.inputSize, width: spec.inputSize, values: input)
  }

  /// The feature vector: pooled map through the neck, or what the neck makes of the statistics.
  func features(of map: FeatureMap, _ maps: [FeatureMap]) -> [Float] {
    if spec.neck.takesStatistics { return scaled(projected(maps.flatMap { $0.statistics() })) }
    let pooled = map.pooled()
    guard let epsilon = spec.neck.epsilon else { return pooled }
    let neck = norm("neck", epsilon: epsilon)
    let features = pooled.indices.map { neck.apply(pooled[$0], channel: $0) }
    return spec.neck.isUnit ? scaled(features) : features
  }

  /// To length 1.
  private func scaled(_ features: [Float]) -> [Float] {
    let length = features.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    return length == 0 ? features : features.map { Float(Double($0) / length) }
  }

  private func projected(_ statistics: [Float]) -> [Float] {
    let weights = values(NetworkSpec.projection + ".weight")
    return values(NetworkSpec.projection + ".bias").enumerated().map { row, bias in
      Float(
        statistics.indices.reduce(Double(bias)) {
          $0 + Double(weights[row * statistics.count + $1]) * Double(statistics[$1])
        })
    }
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
      if let last = bf16[prefix + ".conv3.weight"],
        let projection = bf16[prefix + ".downsample.0.weight"]
      {
        return ReferenceBF16.sum([(last, b, 1), (projection, input, stride)]).rectified()
      }
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
    if let whole = int8[name + ".weight"] { return whole.apply(input, stride: stride) }
    if let rounded = bf16[name + ".weight"] { return ReferenceBF16.sum([(rounded, input, stride)]) }
    return input.convolved(
      weight: values(name + ".weight"), out: out, kernel: kernel, stride: stride
    )
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
