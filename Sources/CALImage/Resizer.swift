import CKernels

/// Resizes to a square as Pillow does with `BILINEAR`, byte for byte: along x, rounded to bytes,
/// then along y. Its scratch memory only grows.
///
/// Rows resized along x are kept in a ring that holds just as many as one output row needs;
/// every source byte is read once.
struct Resizer: Sendable {
  /// Pixels of one side of the result.
  let size: Int
  let kernels: ck_resize_set
  private var across = ResizeFilter()
  private var down = ResizeFilter()
  private var tail = SourceTail()
  private var ring: [UInt8] = []
  /// One row of the result.
  private var row: [UInt8] = []

  init(size: Int, kernels: ck_resize_set) {
    self.size = size
    self.kernels = kernels
  }

  /// Bytes from pixel to pixel in the result.
  static func step(channels: Int) -> Int { channels == 1 ? 1 : 4 }

  /// Calls `emit` with every row of the result: `size` pixels with the source's order of
  /// channels, of which a fourth has no meaning. `source` starts with the crop's first pixel
  /// and may go on behind its last one.
  mutating func resize(
    _ source: UnsafeRawBufferPointer, channels: Int, width: Int, height: Int, stride: Int,
    emit: (Int, [UInt8]) -> Void
  ) {
    across.prepare(source: width, outputs: size)
    down.prepare(source: height, outputs: size)
    tail.copy(source, rowBytes: width * channels, stride: stride, count: height)

    // References to arrays that stay as they are while the kernels run.
    let (across, down, tail) = (across, down, tail)
    across.withKernelView { across in
      down.withKernelView { down in
        tail.withRows(source, stride: stride, count: height) { rows in
          run(rows, channels, across, down, emit)
        }
      }
    }
  }

  private mutating func run(
    _ rows: SourceRows, _ channels: Int, _ across: ck_resize_filter, _ down: ck_resize_filter,
    _ emit: (Int, [UInt8]) -> Void
  ) {
    let stride = roundUp(size * Self.step(channels: channels), CK_RESIZE_ALIGN)
    // The group that completes a window can reach beyond it by all of its rows but one.
    let slots = roundUp(self.down.longest + CK_RESIZE_ROWS - 1, CK_RESIZE_ROWS)
    if ring.count < slots * stride { ring = Array(repeating: 0, count: slots * stride) }
    if row.count < stride { row = Array(repeating: 0, count: stride) }

    var done = 0
    for output in 0..<size {
      while done < self.down.end(of: output) {
        ck_resize_horizontal(
          kernels, rows.group(at: done), channels, across, &ring, done % slots, stride)
        done += CK_RESIZE_ROWS
      }
      ck_resize_vertical(kernels, ring, slots, stride, down, output, &row)
      emit(output, row)
    }
  }
}

private func roundUp(_ value: Int, _ step: Int) -> Int {
  (value + step - 1) / step * step
}
