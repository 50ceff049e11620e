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

  private var panelWidth: Int { Int(kernels.pointee.panel) }

  /// One convolution, or two that add up.
  func convolution(
    _ terms: [Term], to output: Map, residual: Map?, relu: Bool
  ) throws(NetworkError) -> ConvolutionStep {
    var shape = shape(of: terms, to: output, relu: relu)

    let depth = terms.reduce(0) { $0 + $1.depth }
    let padded = roundUp(output.channels, to: Int(CALK_CHANNELS))
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
      eachPanel(of: c) { filter, panel in
        kernels.pointee.pack(Int64(depth), row, filter, panel, panel + 1, memory.base)
        tensor?.take(filter, panel: panel)
      }
      if let tensor, tensor.isComplete { isPacked?(tensor) }
      offset += term.depth
      for o in 0..<c.out { memory.base[depth * padded + o] += c.bias[o] }
    }
    shape.weights = UnsafePointer(memory.base)
    shape.bias = UnsafePointer(memory.base + depth * padded)
    shape.zeros = UnsafePointer(zeros.base)
    return ConvolutionStep(
      shape: shape, inputs: (terms[0].input, terms.count > 1 ? terms[1].input : nil),
      residual: residual?.slot, output: output.slot, rows: output.positions,
      panels: panels(output.channels), weights: memory)
  }

  /// One convolution in whole numbers; `range` is the largest value of its input.
  func int8(
    _ term: Term, range: Float, to output: Map, residual: Map?, relu: Bool
  ) throws(NetworkError) -> Int8Step {
    let c = term.convolution
    let padded = roundUp(output.channels, to: Int(CALK_CHANNELS))
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

  /// A 3x3 convolution of stride 1 by Winograd's algorithm with output tiles of `tile`.
  func winograd(
    _ c: FoldedConvolution, tile: Int, from input: Map, to output: Map, residual: Map?, relu: Bool,
    transformed: SlotID
  ) throws(NetworkError) -> WinogradStep {
    let padded = roundUp(c.out, to: Int(CALK_CHANNELS))
    let inPadded = roundUp(c.input, to: Int(CALK_CHANNELS))
    let count = Int(calk_winograd_points(Int32(tile))) * inPadded * padded
    guard let memory = FloatMemory(count: count + padded) else { throw .memory }
    eachPanel(of: c) { filter, panel in
      kernels.pointee.winograd_pack(Int32(tile), filter, panel, panel + 1, memory.base)
    }
    for o in 0..<c.out { memory.base[count + o] = c.bias[o] }

    var shape = calk_winograd()
    shape.tile = Int32(tile)
    shape.images = 1
    shape.height = Int32(output.side)
    shape.width = Int32(output.side)
    shape.in_stride = Int32(input.stride)
    shape.in_channels = Int32(inPadded)
    shape.out_stride = Int32(output.stride)
    shape.out_channels = Int32(padded)
    shape.relu = relu ? 1 : 0
    shape.weights = UnsafePointer(memory.base)
    shape.bias = UnsafePointer(memory.base + count)
    shape.zeros = UnsafePointer(zeros.base)
    return WinogradStep(
      shape: shape, input: input.slot, residual: residual?.slot, output: output.slot,
      transformed: transformed, panels: panels(c.out),
      panelWidth: panelWidth, weights: memory)
  }

  /// `width` nil: panels of the set's floats.
  func panels(_ channels: Int, width: Int32? = nil) -> Int {
    let width = width.map(Int.init) ?? panelWidth
    return (roundUp(channels, to: Int(CALK_CHANNELS)) + width - 1) / width
  }

  func eachPanel(
    of convolution: FoldedConvolution, width: Int32? = nil,
    _ pack: (UnsafePointer<calk_filter>, _ panel: Int32) -> Void
  ) {
    convolution.withFilter { filter in
      crew.each(panels(convolution.out, width: width)) { panel, _ in pack(filter, Int32(panel)) }
    }
  }

  /// Without weights.
  func shape(of terms: [Term], to output: Map, relu: Bool) -> calk_conv {
    var shape = calk_conv()
    shape.windows = Int32(terms.count)
    shape.window.0 = terms[0].window
    if terms.count > 1 { shape.window.1 = terms[1].window }
    shape.out_width = Int32(output.side)
    shape.out_rows = Int32(output.positions)
    shape.out_stride = Int32(output.stride)
    shape.out_channels = Int32(roundUp(output.channels, to: Int(CALK_CHANNELS)))
    shape.relu = relu ? 1 : 0
    return shape
  }
}

/// A convolution and the map it reads.
struct Term {
  var input: SlotID
  var window: calk_window
  var convolution: FoldedConvolution

  var depth: Int { Int(window.kernel_h * window.kernel_w * window.length) }

  init(_ convolution: FoldedConvolution, over map: Map, step: Int) {
    input = map.slot
    self.convolution = convolution
    let kernel = Int32(convolution.kernel)
    window = calk_window(
      height: Int32(map.side), width: Int32(map.side), pixel_stride: Int32(map.stride),
      row_stride: Int32(map.stride * map.side), kernel_h: kernel, kernel_w: kernel,
      step: Int32(step), pad_y: kernel / 2, pad_x: kernel / 2, length: Int32(map.channels),
      image_stride: 0)
  }

  /// The stem over gathered input: each tap is a whole line of the kernel.
  init(stem convolution: FoldedConvolution, over gathered: SlotID, size: Int, step: Int) {
    input = gathered
    self.convolution = convolution
    let side = size + 2 * (convolution.kernel / 2)
    window = calk_window(
      height: Int32(side), width: Int32(side), pixel_stride: 3, row_stride: Int32(3 * side),
      kernel_h: Int32(convolution.kernel), kernel_w: 1, step: Int32(step), pad_y: 0, pad_x: 0,
      length: Int32(3 * convolution.kernel), image_stride: 0)
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
      let across = (side + tile - 1) / tile
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
