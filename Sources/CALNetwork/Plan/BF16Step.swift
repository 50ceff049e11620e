import CKernels

/// A convolution with products of bf16 numbers, perhaps with a projected shortcut as further taps.
/// Its maps are of floats as all others are: what a chunk of rows reads is rounded into scratch.
struct BF16Step: @unchecked Sendable {
  var loops: UnsafePointer<calk_bf16>
  var shape: calk_conv
  var inputs: (SlotID, SlotID?)
  var residual: SlotID?
  var output: SlotID
  var sharing: RowSharing
  /// Owns the weights that `shape` points to.
  var weights: FloatMemory

  func items(_ work: Work) -> Int { sharing.items(work) }

  func run(_ item: Int, _ work: Work) {
    let part = sharing.item(item, work)
    var data = work.convolutionData(inputs, residual: residual, to: output)
    withUnsafePointer(to: shape) { shape in
      calk_bf16_conv(
        loops, shape, &data, Int32(part.rows.lowerBound), Int32(part.rows.upperBound),
        Int32(part.panels.lowerBound), Int32(part.panels.upperBound), work.scratch, work.table)
    }
  }

  var scratch: ScratchSize {
    withUnsafePointer(to: shape) { shape in
      ScratchSize(
        floats: Int(calk_bf16_room(loops, shape, Int32(sharing.mostRows))),
        pointers: sharing.mostRows * shape.pointee.taps)
    }
  }
}

extension Packer {
  /// One convolution, or two of one tap that add up.
  func bf16(
    _ terms: [Term], to output: Map, residual: Map?, relu: Bool
  ) throws(NetworkError) -> BF16Step {
    var shape = calk_conv(terms.map(\.window), to: output, relu: relu, zeros: zeros)

    let depths = terms.map { term in
      term.window.taps * Int(calk_bf16_length(bf16, term.window.length))
    }
    let depth = depths.reduce(0, +)
    let padded = output.padded
    guard let memory = FloatMemory(count: depth * padded + padded) else { throw .memory }
    let bias = memory.base + depth * padded
    var offset = 0
    for (term, own) in zip(terms, depths) {
      let row = Int64(offset)
      eachPanel(of: term.convolution, width: bf16.pointee.panel) { filter, panel in
        calk_bf16_pack(bf16, Int64(depth), row, filter, panel, panel + 1, memory.base)
      }
      offset += own
      for o in 0..<output.channels { bias[o] += term.convolution.bias[o] }
    }
    for o in 0..<output.channels { bias[o] = calk_bf16_bias(bias[o]) }
    shape.weights = UnsafePointer(memory.base)
    shape.bias = UnsafePointer(bias)
    let sharing = RowSharing(
      rows: output.positions, panels: panels(of: output.channels, width: bf16.pointee.panel),
      rowsPerChunk: rowsPerChunk(terms))
    return BF16Step(
      loops: bf16, shape: shape, inputs: (terms[0].input, terms.count > 1 ? terms[1].input : nil),
      residual: residual?.slot, output: output.slot, sharing: sharing, weights: memory)
  }

  /// Rows whose codes take about 128 KB, and whose pointers stay in the first-level cache.
  private func rowsPerChunk(_ terms: [Term]) -> Int {
    let bytes = terms.reduce(0) { sum, term in
      // Of one tap, only those positions become codes that are multiplied.
      let step = term.convolution.kernel == 1 ? 1 : Int(term.window.step)
      let length = Int(calk_bf16_length(bf16, term.window.length))
      return sum + 4 * length * step * step
    }
    return min(max(128 * 1024 / bytes, 24), terms[0].convolution.kernel > 1 ? 512 : 240)
  }
}
