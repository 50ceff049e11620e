import CKernels

/// Compiles a network for one kernel set: folds norms, packs weights, plans memory.
struct Compiler {
  let spec: NetworkSpec
  let reader: ParameterReader
  private let packer: Packer
  /// Of the inputs of the convolutions that are computed in whole numbers, by their weights' names.
  private let ranges: [String: Float]
  /// Names of the weights that are multiplied as bf16 numbers.
  private let rounded: Set<String>
  /// Looks at the inputs of convolutions in blocks.
  private let recorder: RangeRecorder?
  var plan = PlanBuilder()
  /// Where the statistics of maps go, and how many numbers are there by now.
  private var statistics: (slot: SlotID, count: Int)?
  /// Those that have statistics.
  private var maps: [(slot: SlotID, shape: StatisticsMap)] = []

  init(
    _ spec: NetworkSpec, kernels: UnsafePointer<calk_kernels>, bf16: UnsafePointer<calk_bf16>,
    statistics: Bool, arithmetic: Arithmetic = .fp32, recorder: RangeRecorder? = nil, crew: Crew,
    isPacked: ((PackedTensor) -> Void)? = nil
  ) throws(NetworkError) {
    self.spec = spec
    self.recorder = recorder
    ranges = try arithmetic.ranges(spec)
    rounded = arithmetic.rounded(spec)
    if statistics || spec.neck.takesStatistics {
      self.statistics = (plan.slot(spec.statisticCount), 0)
    }
    reader = ParameterReader(spec)
    let widest = spec.parameters.map { $0.shape.count > 1 ? $0.shape[1] : 0 }.max() ?? 0
    guard let zeros = FloatMemory(count: roundUp(widest, to: 16) + 16) else { throw .memory }
    packer = Packer(kernels: kernels, bf16: bf16, zeros: zeros, crew: crew, isPacked: isPacked)
  }

  /// `neck` is scale and shift of the features, of a neck that pools; `projection` what another has.
  consuming func compile(
    neck: (scale: [Float], shift: [Float]), projection: StatisticsProjection?,
    _ source: (Parameter) -> TensorValues
  ) throws(NetworkError) -> Plan {
    let input = plan.slot(3 * spec.inputSize * spec.inputSize)
    var map = try stem(input, source)
    for (s, stage) in spec.stages.enumerated() {
      for b in 0..<stage.blocks {
        map = try block(map, stage: s, index: b, source)
        addStatistics(of: map)
      }
    }
    let features: SlotID
    if let projection, let statistics {
      features = project(statistics.slot, projection)
    } else {
      let gate = try frequencyGate(input, side: map.side, source)
      features = try pool(map, gate, neck)
    }
    return plan.finished(
      input: input, features: features, map: map, statistics: statistics?.slot, maps: maps,
      zeros: packer.zeros)
  }

  private mutating func stem(_ input: SlotID, _ source: (Parameter) -> TensorValues)
    throws(NetworkError) -> Map
  {
    let picture = GatheredPicture(size: spec.inputSize, kernel: spec.stem.kernel)
    let gathered = GatherStep(
      picture: picture, input: input, output: plan.slot(picture.count, persistent: true))
    plan.add(.gather(gathered), touching: [input, gathered.output])

    let convolution = try folded("backbone.conv1", "backbone.bn1", source)
    let map = plan.map(side: spec.stemSide, channels: spec.stem.channels)
    let term = Term(stem: convolution, over: gathered, step: spec.stem.stride)
    try add([term], to: map, relu: true)
    addStatistics(of: map)
    return spec.stem.maxPool ? maxPool(map) : map
  }

  private mutating func addStatistics(of map: Map) {
    guard let (slot, first) = statistics else { return }
    let step = StatisticsStep(map: map, output: slot, first: first)
    plan.add(.statistics(step), touching: [map.slot, slot])
    let shape = StatisticsMap(
      side: map.side, channels: map.channels, stride: map.stride, first: first)
    statistics = (slot, shape.end)
    maps.append((map.slot, shape))
  }

  private mutating func maxPool(_ map: Map) -> Map {
    let pooled = plan.map(side: spec.firstSide, channels: map.channels)
    plan.add(
      .maxPool(MaxPoolStep(input: map, output: pooled)), touching: [map.slot, pooled.slot])
    return pooled
  }

  private mutating func block(
    _ input: Map, stage s: Int, index b: Int, _ source: (Parameter) -> TensorValues
  ) throws(NetworkError) -> Map {
    let stage = spec.stages[s]
    let stride = b == 0 ? stage.stride : 1
    let prefix = "backbone.layer\(s + 1).\(b)"
    let side = convolved(input.side, kernel: 3, stride: stride)

    var body = input
    if spec.block == .bottleneck {
      let first = try folded(prefix + ".conv1", prefix + ".bn1", source)
      let reduced = plan.map(side: input.side, channels: stage.innerChannels)
      try add(first, from: input, to: reduced)
      body = reduced
    }
    let spatial = spec.block == .bottleneck ? 2 : 1
    let wide = try folded("\(prefix).conv\(spatial)", "\(prefix).bn\(spatial)", source)
    let inner = plan.map(side: side, channels: stage.innerChannels)
    try add(wide, from: body, to: inner, stride: stride)

    let last = try folded("\(prefix).conv\(spatial + 1)", "\(prefix).bn\(spatial + 1)", source)
    guard spec.projects(stage: s, block: b) else {
      let output = plan.map(side: side, channels: stage.outChannels)
      try add(last, from: inner, to: output, residual: input)
      return output
    }
    let projection = try folded(prefix + ".downsample.0", prefix + ".downsample.1", source)
    if last.kernel == 1 && ranges[last.name] == nil && ranges[projection.name] == nil
      && rounded.contains(last.name) == rounded.contains(projection.name)
    {
      record(input, before: projection)
      record(inner, before: last)
      let shortcut = Term(projection, over: input, step: stride)
      let output = plan.map(side: side, channels: stage.outChannels)
      try add([Term(last, over: inner, step: 1), shortcut], to: output, relu: true)
      return output
    }
    let residual = plan.map(side: side, channels: stage.outChannels)
    try add(projection, from: input, to: residual, stride: stride, relu: false)
    let output = plan.map(side: side, channels: stage.outChannels)
    try add(last, from: inner, to: output, residual: residual)
    return output
  }

  /// A convolution of a block, on the fastest path that it has.
  private mutating func add(
    _ c: FoldedConvolution, from input: Map, to output: Map, stride: Int = 1,
    residual: Map? = nil, relu: Bool = true
  ) throws(NetworkError) {
    record(input, before: c)
    let term = Term(c, over: input, step: stride)
    if let range = ranges[c.name] {
      let step = try packer.int8(term, range: range, to: output, residual: residual, relu: relu)
      let touched = [input.slot, output.slot] + (residual.map { [$0.slot] } ?? [])
      plan.add(.int8(step), touching: touched)
    } else if c.kernel == 3, stride == 1, !rounded.contains(c.name),
      let tile = Winograd.tile(side: output.side, input: c.input, output: c.out)
    {
      try addWinograd(c, tile: tile, from: input, to: output, residual: residual, relu: relu)
    } else {
      try add([term], to: output, residual: residual, relu: relu)
    }
  }

  private mutating func record(_ input: Map, before convolution: FoldedConvolution) {
    guard let recorder, let layer = recorder.layer(convolution.name) else { return }
    let step = RangeStep(map: input, layer: layer, recorder: recorder)
    plan.add(.range(step), touching: [input.slot])
  }

  private mutating func addWinograd(
    _ c: FoldedConvolution, tile: Int, from input: Map, to output: Map, residual: Map?, relu: Bool
  ) throws(NetworkError) {
    var step = try packer.winograd(
      c, tile: tile, from: input, to: output, residual: residual, relu: relu)
    let transformed = plan.slot(step.transformedCount)
    step.transformed = transformed
    let touched = [input.slot, output.slot, transformed] + (residual.map { [$0.slot] } ?? [])
    plan.add(.winograd(step), touching: touched)
  }

  private mutating func add(
    _ terms: [Term], to output: Map, residual: Map? = nil, relu: Bool
  ) throws(NetworkError) {
    let touched = terms.map(\.input) + [output.slot] + (residual.map { [$0.slot] } ?? [])
    if rounded.contains(terms[0].convolution.name) {
      let step = try packer.bf16(terms, to: output, residual: residual, relu: relu)
      plan.add(.bf16(step), touching: touched)
    } else {
      let step = try packer.convolution(terms, to: output, residual: residual, relu: relu)
      plan.add(.convolution(step), touching: touched)
    }
  }

  private func folded(_ name: String, _ norm: String, _ source: (Parameter) -> TensorValues)
    throws(NetworkError) -> FoldedConvolution
  {
    try reader.convolution(name, norm: norm, epsilon: spec.normEpsilon, source)
  }
}
