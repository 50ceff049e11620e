import CKernels

/// Turns folded convolutions into steps with packed weights.
struct Packer {
  let kernels: UnsafePointer<calk_kernels>
  let bf16: UnsafePointer<calk_bf16>
  /// As many zeros as the longest run that a tap reads: what lies outside a map.
  let zeros: FloatMemory
  /// Shares out the panels of a layer.
  let crew: Crew
  /// Hears of weights that can be had back from the plan.
  let isPacked: ((PackedTensor) -> Void)?

  /// One convolution, or two that add up.
  func convolution(
    _ terms: [Term], to output: Map, residual: Map?, relu: Bool
  ) throws(NetworkError) -> ConvolutionStep {
    var shape = calk_conv(terms.map(\.window), to: output, relu: relu, zeros: zeros)

    let depth = terms.reduce(0) { $0 + $1.window.depth }
    let padded = output.padded
    guard let memory = FloatMemory(count: depth * padded + padded) else { throw .memory }
    var offset = 0
    for term in terms {
      let c = term.convolution
      let row = Int64(offset)
      let tensor = isPacked.flatMap { _ in
        PackedTensor(
          c,
          at: .init(
            memory: memory, panelWidth: kernels.pointee.panel, depth: depth, row: offset))
      }
      eachPanel(of: c, width: kernels.pointee.panel) { filter, panel in
        kernels.pointee.pack(Int64(depth), row, filter, panel, panel + 1, memory.base)
        tensor?.take(filter, panel: panel)
      }
      if let tensor, tensor.isComplete { isPacked?(tensor) }
      offset += term.window.depth
      for o in 0..<c.out { memory.base[depth * padded + o] += c.bias[o] }
    }
    shape.weights = UnsafePointer(memory.base)
    shape.bias = UnsafePointer(memory.base + depth * padded)
    return ConvolutionStep(
      shape: shape, inputs: (terms[0].input, terms.count > 1 ? terms[1].input : nil),
      residual: residual?.slot, output: output.slot, rows: output.positions,
      panels: panels(of: output.channels, width: kernels.pointee.panel), weights: memory)
  }

  /// One convolution in whole numbers; `range` is the largest value of its input.
  func int8(
    _ term: Term, range: Float, to output: Map, residual: Map?, relu: Bool
  ) throws(NetworkError) -> Int8Step {
    let c = term.convolution
    let padded = output.padded
    let count = calk_int8_packed(Int32(c.kernel * c.kernel), Int32(c.input), Int32(c.out))
    guard let weights = ZeroedMemory(byteCount: Int(count)),
      let scales = FloatMemory(count: 2 * padded)
    else { throw .memory }
    let packed = weights.base.bindMemory(to: Int8.self, capacity: Int(count))
    c.withFilter { filter in
      crew.each(padded / Int(CALK_CHANNELS)) { panel, _ in
        calk_int8_pack(
          kernels.pointee.int8_interleave, filter, Int32(panel), Int32(panel) + 1, packed,
          scales.base)
      }
    }
    for o in 0..<c.out {
      scales.base[o] *= range / Float(CALK_CODE_MAX)
      scales.base[padded + o] = c.bias[o]
    }

    var shape = calk_int8()
    shape.window = term.window
    shape.out_width = Int32(output.side)
    shape.out_stride = Int32(output.stride)
    shape.out_channels = Int32(padded)
    shape.relu = relu ? 1 : 0
    shape.codes = Float(CALK_CODE_MAX) / range
    shape.weights = UnsafePointer(packed)
    shape.scale = UnsafePointer(scales.base)
    shape.bias = UnsafePointer(scales.base + padded)
    let sharing = RowSharing(
      rows: output.positions, panels: padded / Int(CALK_CHANNELS),
      rowsPerChunk: Int8Step.rowsPerChunk(term.window))
    return Int8Step(
      shape: shape, input: term.input, residual: residual?.slot, output: output.slot,
      sharing: sharing, weights: weights, scales: scales)
  }

  /// A 3x3 convolution of stride 1 by Winograd's algorithm with output tiles of `tile`, in one
  /// phase.
  func winograd(
    _ c: FoldedConvolution, tile: Int, from input: Map, to output: Map, residual: Map?, relu: Bool
  ) throws(NetworkError) -> WinogradStep {
    var shape = calk_winograd(
      tile: tile, images: 1, side: output.side, from: (c.input, input.stride),
      to: (c.out, output.stride), relu: relu, zeros: zeros)
    let count = shape.weightCount
    guard let memory = FloatMemory(count: count + output.padded) else { throw .memory }
    eachPanel(of: c, width: kernels.pointee.panel) { filter, panel in
      kernels.pointee.winograd_pack(shape.tile, filter, panel, panel + 1, memory.base)
    }
    for o in 0..<c.out { memory.base[count + o] = c.bias[o] }
    shape.weights = UnsafePointer(memory.base)
    shape.bias = UnsafePointer(memory.base + count)
    return WinogradStep(
      shape: shape, input: input.slot, residual: residual?.slot, output: output.slot,
      transformed: nil, panelWidth: kernels.pointee.panel, weights: memory)
  }

  func eachPanel(
    of convolution: FoldedConvolution, width: Int32,
    _ pack: (UnsafePointer<calk_filter>, _ panel: Int32) -> Void
  ) {
    convolution.withFilter { filter in
      crew.each(panels(of: convolution.out, width: width)) { panel, _ in
        pack(filter, Int32(panel))
      }
    }
  }
}

/// A convolution and the map it reads.
struct Term {
  var input: SlotID
  var window: calk_window
  var convolution: FoldedConvolution

  init(_ convolution: FoldedConvolution, over map: Map, step: Int) {
    input = map.slot
    window = map.window(kernel: convolution.kernel, step: step)
    self.convolution = convolution
  }

  init(stem convolution: FoldedConvolution, over gathered: GatherStep, step: Int) {
    input = gathered.output
    window = gathered.picture.window(step: step)
    self.convolution = convolution
  }
}

/// Which algorithm a 3x3 convolution of stride 1 gets. Attribution asks for one image, so that it
/// depends on the layer alone, never on batch or threads, and bits do not either.
enum Winograd {
  /// The output tile, 2 or 4; nil: the direct way.
  ///
  /// Costs are in rows of a matrix product of `input` x `output`. A product of few rows waits
  /// for its weights, so it costs at least as many rows as hide a weight's way from the
  /// third-level cache (12) or the second (4). The 12, the 4 and the
  /// transforms' share are estimates from operation counts, not measurements.
  static func tile(side: Int, input: Int, output: Int, images: Int = 1) -> Int? {
    func cost(_ tile: Int, perInput: Double, perOutput: Double) -> Double {
      let across = pieces(side, of: tile)
      let tiles = across * across * images
      let points = (tile + 2) * (tile + 2)
      let fewest = points * input * output > 256 * 1024 ? 12 : 4
      let transforms = perInput / Double(output) + perOutput / Double(input)
      return Double(points * max(tiles, fewest)) + Double(tiles) * transforms
    }
    let direct = Double(9 * max(side * side * images, 12))
    let small = cost(2, perInput: 100, perOutput: 60)
    let large = cost(4, perInput: 300, perOutput: 200)
    if min(small, large) >= direct { return nil }
    return small < large ? 2 : 4
  }
}
