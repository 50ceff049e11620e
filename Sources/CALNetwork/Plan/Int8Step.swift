import CKernels

/// A convolution in whole numbers. Its input and output are maps of floats as all others are: a
/// chunk of rows becomes codes in scratch, and these are multiplied while they are in cache.
struct Int8Step: @unchecked Sendable {
  var shape: calk_int8
  var input: SlotID
  var residual: SlotID?
  var output: SlotID
  var sharing: RowSharing
  /// Own what `shape` points to.
  var weights: ZeroedMemory
  var scales: FloatMemory

  func items(_ work: Work) -> Int { sharing.items(work) }

  func run(_ item: Int, _ work: Work) {
    let part = sharing.item(item, work)
    var data = work.convolutionData((input, nil), residual: residual, to: output)
    let codes = UnsafeMutableRawPointer(work.scratch).assumingMemoryBound(to: UInt8.self)
    withUnsafePointer(to: shape) { shape in
      work.kernels.pointee.int8_conv(
        shape, &data, Int32(part.rows.lowerBound), Int32(part.rows.upperBound),
        Int32(part.panels.lowerBound), Int32(part.panels.upperBound), codes, work.table)
    }
  }

  var scratch: ScratchSize {
    withUnsafePointer(to: shape) { shape in
      let bytes = Int(calk_int8_room(shape, Int32(sharing.mostRows)))
      return ScratchSize(
        floats: (bytes + 3) / 4, pointers: sharing.mostRows * shape.pointee.window.taps)
    }
  }

  /// Rows whose codes take about 128 KB, and whose pointers stay in the first-level cache.
  static func rowsPerChunk(_ window: calk_window) -> Int {
    let bytes = Int(calk_int8_stride(window.length) * window.step * window.step)
    return min(max(128 * 1024 / bytes, 24), window.kernel_h > 1 ? 512 : 240)
  }
}
