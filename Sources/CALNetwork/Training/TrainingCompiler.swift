import CKernels

/// Lays out a network for training: its layers in order of computation, and their memory.
struct TrainingCompiler {
  private let spec: NetworkSpec
  private let layout: ParameterLayout
  private let setting: TrainingSetting
  private let views: Int
  private var memory: TrainingMemoryBuilder
  private var layers: [TrainingLayer] = []
  /// The gradient of each map that has one.
  private var gradients: [SlotID: SlotID] = [:]
  /// The norm of each map that no convolution has read yet.
  private var norms: [SlotID: NormLayer] = [:]
  /// The convolution of each raw map, and its number among the layers.
  private var convolutions: [SlotID: (layer: ConvolutionLayer, number: Int)] = [:]

  init(_ spec: NetworkSpec, _ layout: ParameterLayout, views: Int, _ setting: TrainingSetting) {
    self.spec = spec
    self.layout = layout
    self.setting = setting
    self.views = views
    memory = TrainingMemoryBuilder(images: setting.images)
  }

  struct Result {
    let layers: [TrainingLayer]
    let memory: TrainingMemory
    /// Planar pictures, dropout's factors, features in front of dropout, logits.
    let input: SlotID
    let factors: SlotID
    let features: Map
    let logits: Map
  }

  consuming func compile(prototypes: Int) throws(NetworkError) -> Result {
    let size = spec.inputSize
    let input = memory.activation(setting.images * 3 * size * size)
    var map = try stem(input)
    for (s, stage) in spec.stages.enumerated() {
      for b in 0..<stage.blocks { map = try block(map, stage: s, index: b) }
    }
    let features = try pool(map, input)
    let factors = memory.activation(setting.images * features.channels)
    let dropped = newMap(side: 1, channels: features.channels)
    add(
      .dropout(
        DropoutLayer(
          input: features, output: dropped, factors: factors,
          inputGradient: gradient(features), outputGradient: gradient(dropped))),
      touching: [gradient(features), gradient(dropped)])
    let logits = memory.map(side: 1, channels: prototypes)
    try head(dropped, logits)
    return Result(
      layers: layers, memory: try memory.finished(views: views), input: input, factors: factors,
      features: features, logits: logits)
  }

  private mutating func stem(_ input: SlotID) throws(NetworkError) -> Map {
    let picture = GatheredPicture(size: spec.inputSize, kernel: spec.stem.kernel)
    let gathered = GatherStep(
      picture: picture, input: input, output: memory.activation(setting.images * picture.count))
    add(.gather(GatherLayer(step: gathered)), touching: [])
    let raw = memory.map(side: spec.stemSide, channels: spec.stem.channels)
    let filter = ConvolutionLayer.Filter(
      out: spec.stem.channels, input: 3, kernel: spec.stem.kernel, stride: spec.stem.stride,
      start: try layout.start("backbone.conv1.weight"))
    let layer = try ConvolutionLayer(
      filter, from: .gathered(gathered), before: nil, to: raw, setting, &memory)
    convolutions[raw.slot] = (layer, memory.layers)
    add(.convolution(layer), touching: [])
    let map = newMap(side: raw.side, channels: raw.channels)
    try addNorm("backbone.bn1", from: raw, to: map, relu: true)
    return spec.stem.maxPool ? maxPool(map) : map
  }

  private mutating func maxPool(_ map: Map) -> Map {
    let pooled = newMap(side: spec.firstSide, channels: map.channels)
    add(
      .maxPool(
        MaxPoolLayer(
          step: MaxPoolStep(input: map, output: pooled), inputGradient: gradient(map),
          outputGradient: gradient(pooled))), touching: [gradient(map), gradient(pooled)])
    return pooled
  }

  private mutating func block(_ input: Map, stage s: Int, index b: Int) throws(NetworkError)
    -> Map
  {
    let stage = spec.stages[s]
    let stride = b == 0 ? stage.stride : 1
    let prefix = "backbone.layer\(s + 1).\(b)"
    let projects = spec.projects(stage: s, block: b)
    // Backward, the shortcut comes before the body, so the body's share is added to it.
    var body = input
    var number = 1
    if spec.block == .bottleneck {
      body = try normed(
        prefix, 1, body, out: stage.innerChannels, kernel: 1, stride: 1, adds: true)
      number = 2
    }
    body = try normed(
      prefix, number, body, out: stage.innerChannels, kernel: 3, stride: stride,
      adds: number == 1)
    let kernel = spec.block == .bottleneck ? 1 : 3
    let raw = try addRaw(
      "\(prefix).conv\(number + 1)", body, out: stage.outChannels, kernel: kernel, stride: 1,
      adds: false)

    var shortcut = input
    if projects {
      let projected = try addRaw(
        prefix + ".downsample.0", input, out: stage.outChannels, kernel: 1, stride: stride,
        adds: false)
      let output = newMap(side: raw.side, channels: raw.channels)
      // The block's gradient, once through the ReLU, is that of its shortcut, whose values nobody
      // wants by then: they had the same place.
      shortcut = output
      shortcut.slot = gradient(output)
      try addNorm(prefix + ".downsample.1", from: projected, to: shortcut, relu: false)
      try addNorm(
        "\(prefix).bn\(number + 1)", from: raw, to: output, residual: shortcut, relu: true)
      return output
    }
    let output = memory.map(side: raw.side, channels: raw.channels)
    gradients[output.slot] = gradient(input)
    try addNorm("\(prefix).bn\(number + 1)", from: raw, to: output, residual: shortcut, relu: true)
    return output
  }

  private mutating func normed(
    _ prefix: String, _ number: Int, _ input: Map, out: Int, kernel: Int, stride: Int,
    adds: Bool
  ) throws(NetworkError) -> Map {
    let raw = try addRaw(
      "\(prefix).conv\(number)", input, out: out, kernel: kernel, stride: stride, adds: adds)
    let map = memory.passingMap(side: raw.side, channels: out)
    gradients[map.slot] = memory.gradient(of: map)
    try addNorm("\(prefix).bn\(number)", from: raw, to: map, relu: true, isPassing: true)
    return map
  }

  private mutating func addRaw(
    _ name: String, _ input: Map, out: Int, kernel: Int, stride: Int, adds: Bool
  ) throws(NetworkError) -> Map {
    let side = convolved(input.side, kernel: kernel, stride: stride)
    let raw = memory.map(side: side, channels: out)
    let filter = ConvolutionLayer.Filter(
      out: out, input: input.channels, kernel: kernel, stride: stride,
      start: try layout.start(name + ".weight"))
    try addConvolution(filter, from: input, to: raw, adds: adds)
    return raw
  }

  /// Gate, pooling and neck: the features.
  private mutating func pool(_ map: Map, _ input: SlotID) throws(NetworkError) -> Map {
    var gate: FrequencyLayer?
    if let ffe = spec.ffe {
      let layer = try FrequencyLayer(
        ffe, size: spec.inputSize, mapSide: map.side, input: input,
        places: .init(
          weight1: try layout.start("ffe.0.weight"), bias1: try layout.start("ffe.0.bias"),
          weight2: try layout.start("ffe.2.weight"), bias2: try layout.start("ffe.2.bias")),
        setting, &memory)
      let gradient = try FrequencyGradient(layer, setting)
      add(.frequency(layer, gradient), touching: [layer.slots.gateGradient])
      gate = layer
    }
    guard let epsilon = spec.neck.epsilon else {
      let pooled = newMap(side: 1, channels: map.channels)
      addPool(map, gate, to: pooled, gradient: gradient(pooled))
      return pooled
    }
    // The neck's norm leaves the gradient in the pooled values' place.
    let pooled = memory.map(side: 1, channels: map.channels)
    addPool(map, gate, to: pooled, gradient: pooled.slot)
    let features = newMap(side: 1, channels: pooled.channels)
    try addNorm("neck", from: pooled, to: features, relu: false, epsilon: epsilon)
    return features
  }

  /// Logits: products of features and prototypes, both of them scaled first behind a unit neck.
  private mutating func head(_ features: Map, _ logits: Map) throws(NetworkError) {
    let start = try layout.start(ParameterLayout.prototypesName)
    var rows = ConvolutionLayer.Filter(
      out: logits.channels, input: features.channels, kernel: 1, start: start)
    guard spec.neck.isUnit else {
      return try addConvolution(rows, from: features, to: logits)
    }
    let unit = newMap(side: 1, channels: features.channels)
    add(
      .unitFeatures(
        UnitFeaturesLayer(
          input: features, output: unit, inputGradient: gradient(features),
          outputGradient: gradient(unit))), touching: [gradient(features), gradient(unit)])
    rows.start = 0
    let target = ConvolutionLayer.InputGradient(slot: gradient(unit), adds: false)
    let product = try ConvolutionLayer(
      rows, from: .map(unit, gradient: target), before: nil, to: logits, setting, &memory)
    let layer = try UnitRowsLayer(
      product, rows: logits.channels, width: features.channels, start: start)
    add(.unitRows(layer), touching: [target.slot])
  }

  private mutating func addPool(
    _ map: Map, _ gate: FrequencyLayer?, to pooled: Map, gradient slot: SlotID
  ) {
    let layer = PoolLayer(
      input: map, gate: gate?.slots.gate, output: pooled, inputGradient: gradient(map),
      gateGradient: gate?.slots.gateGradient, gradient: slot)
    let gateSlot = gate.map { [$0.slots.gateGradient] } ?? []
    add(.pool(layer), touching: [gradient(map), slot] + gateSlot)
  }

  private func gradient(_ map: Map) -> SlotID { gradients[map.slot] ?? map.slot }

  private mutating func newMap(side: Int, channels: Int) -> Map {
    let map = memory.map(side: side, channels: channels)
    gradients[map.slot] = memory.gradient(of: map)
    return map
  }

  private mutating func addConvolution(
    _ filter: ConvolutionLayer.Filter, from input: Map, to output: Map, adds: Bool = false
  ) throws(NetworkError) {
    let target = ConvolutionLayer.InputGradient(slot: gradient(input), adds: adds)
    // The first to read a map is the last to add to its gradient.
    let before = norms.removeValue(forKey: input.slot)
    before?.attachReader()
    let layer = try ConvolutionLayer(
      filter, from: .map(input, gradient: target), before: before, to: output, setting, &memory)
    convolutions[output.slot] = (layer, memory.layers)
    add(.convolution(layer), touching: [input.slot, target.slot])
  }

  /// `isPassing`: one convolution reads the output, and has it made again on the way back.
  private mutating func addNorm(
    _ name: String, from input: Map, to output: Map, residual: Map? = nil,
    relu: Bool, epsilon: Float? = nil, isPassing: Bool = false
  ) throws(NetworkError) {
    let places = NormLayer.Places(
      weight: try layout.start(name + ".weight"), bias: try layout.start(name + ".bias"),
      trainsBias: name != "neck", mean: try layout.start(name + ".running_mean"),
      variance: try layout.start(name + ".running_var"))
    let feeder = convolutions[input.slot]
    let layer = try NormLayer(
      places, from: input, to: output, gradient: gradient(output), residual: residual?.slot,
      relu: relu, epsilon: epsilon ?? spec.normEpsilon, views: views, isFed: feeder != nil,
      isPassing: isPassing, setting)
    if let feeder {
      feeder.layer.attach(layer)
      memory.hold(gradient(output), from: feeder.number)
    }
    norms[output.slot] = layer
    add(.norm(layer), touching: [output.slot, gradient(output)])
  }

  private mutating func add(_ layer: TrainingLayer, touching touched: [SlotID]) {
    memory.addLayer(touching: touched)
    layers.append(layer)
  }
}
