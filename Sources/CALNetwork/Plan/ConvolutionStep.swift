import CKernels

/// A convolution, perhaps with a projected shortcut as further taps.
struct ConvolutionStep: @unchecked Sendable {
  var shape: calk_conv
  var inputs: (SlotID, SlotID?)
  var residual: SlotID?
  var output: SlotID
  /// Output positions.
  var rows: Int
  var panels: Int
  /// Owns the weights that `shape` points to.
  var weights: FloatMemory

  /// Input floats that an output position reads, all taps.
  private var depth: Int {
    shape.window.0.depth + (shape.windows > 1 ? shape.window.1.depth : 0)
  }

  private var sharing: RowSharing {
    RowSharing(
      rows: rows, panels: panels,
      rowsPerChunk: min(max(ConvolutionStep.cacheFloats / max(depth, 1), 24), 240))
  }

  func items(_ work: Work) -> Int { sharing.items(work) }

  func run(_ item: Int, _ work: Work) {
    let part = sharing.item(item, work)
    run(rows: part.rows, panels: part.panels, work)
  }

  /// Output positions of any number, chunk by chunk.
  func run(rows: Range<Int>, _ work: Work) {
    var sharing = sharing
    sharing.rows = rows.count
    for chunk in 0..<sharing.chunks {
      let range = share(rows.count, chunk, of: sharing.chunks)
      run(
        rows: rows.lowerBound + range.lowerBound..<rows.lowerBound + range.upperBound,
        panels: 0..<panels, work)
    }
  }

  private func run(rows range: Range<Int>, panels columns: Range<Int>, _ work: Work) {
    var data = work.convolutionData(inputs, residual: residual, to: output)
    withUnsafePointer(to: shape) { shape in
      work.kernels.pointee.conv(
        shape, &data, Int32(range.lowerBound), Int32(range.upperBound), Int32(columns.lowerBound),
        Int32(columns.upperBound), work.table)
    }
  }

  var scratch: ScratchSize { ScratchSize(pointers: sharing.mostRows * shape.taps) }

  private static let cacheFloats = 96 * 1024
}
