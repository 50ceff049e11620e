import CKernels

/// Resizes to a square as Pillow 13 does with `BILINEAR`, byte for byte: along one axis, rounded
/// to bytes, then along the other. Which comes first can change a byte by one; Pillow 11 always
/// took x first. Scratch memory is there from the start, for pictures of any size.
struct Resizer: Sendable {
  /// One row of the result: `size` pixels `step` bytes apart, channels in the source's order, a
  /// fourth without meaning.
  struct Row {
    let y: Int
    let pixels: UnsafePointer<UInt8>
    let step: Int
  }

  /// Pixels of one side of the result.
  let size: Int
  private let kernels: calk_resize_set
  private var across: ResizeFilter
  private var down: ResizeFilter
  private var tail = SourceTail()
  /// Rows between the two passes.
  private var middle: [UInt8]
  /// Rows of the result.
  private var result: [UInt8]

  init(size: Int, kernels: ResizeKernels) {
    self.size = size
    self.kernels = kernels.set
    across = ResizeFilter(outputs: size)
    down = ResizeFilter(outputs: size)
    let row = ringStride(size, channels: 4)
    let longest = ResizeFilter.longestWindow(source: ImageLayout.longestSide, outputs: size)
    let ring = ringSlots(longest: longest) * row
    let group = CALK_RESIZE_ROWS * groupStride(rowBytes: ImageLayout.longestRow)
    middle = Array(repeating: 0, count: max(ring, group))
    result = Array(repeating: 0, count: CALK_RESIZE_ROWS * row)
  }

  /// Calls `emit` with the rows of the result from the top. `source` starts with the first
  /// pixel and may go on behind the last one.
  mutating func resize(
    _ source: UnsafeRawBufferPointer, channels: Int, width: Int, height: Int, stride: Int,
    emit: (Row) -> Void
  ) {
    if width == size, height == size {
      emitUnchanged(source, step: channels, stride: stride, emit)
      return
    }
    across.prepare(source: width)
    down.prepare(source: height)
    tail.copy(source, rowBytes: width * channels, stride: stride, count: height)

    // References to arrays that stay as they are while the kernels run.
    let (across, down, tail) = (across, down, tail)
    across.withKernelView { across in
      down.withKernelView { down in
        tail.withRows(source, stride: stride, count: height) { rows in
          if height > size, height - size > 2 * (width - size) {
            // As Pillow since version 13: heights that shrink much more than widths go first.
            resizeDownFirst(rows, channels, rowBytes: width * channels, across, down, emit)
          } else {
            resizeAcrossFirst(rows, channels, across, down, emit)
          }
        }
      }
    }
  }

  /// Resizes rows in groups and keeps them in a ring, just as many as one row of the result
  /// needs. Every source byte is read once.
  private mutating func resizeAcrossFirst(
    _ rows: SourceRows, _ channels: Int, _ across: calk_resize_filter, _ down: calk_resize_filter,
    _ emit: (Row) -> Void
  ) {
    let step = resizedStep(channels)
    let stride = ringStride(size, channels: channels)
    let slots = ringSlots(longest: self.down.longest)

    var done = 0
    for y in 0..<size {
      while done < self.down.end(of: y) {
        calk_resize_horizontal(
          kernels, rows.group(at: done), channels, across, &middle, done % slots, stride)
        done += CALK_RESIZE_ROWS
      }
      calk_resize_vertical(kernels, middle, slots, stride, stride, down, y, &result)
      emitRow(y, at: 0, step, emit)
    }
  }

  /// Makes a group of rows of the result's height, then resizes them along x.
  private mutating func resizeDownFirst(
    _ rows: SourceRows, _ channels: Int, rowBytes: Int, _ across: calk_resize_filter,
    _ down: calk_resize_filter, _ emit: (Row) -> Void
  ) {
    let middleStride = groupStride(rowBytes: rowBytes)
    let step = resizedStep(channels)
    let stride = size * step

    // Moved out, so that its rows may be pointed to while `result` changes.
    var middle: [UInt8] = []
    swap(&middle, &self.middle)
    for first in Swift.stride(from: 0, to: size, by: CALK_RESIZE_ROWS) {
      let count = min(CALK_RESIZE_ROWS, size - first)
      middle.withUnsafeMutableBufferPointer { middle in
        guard let base = middle.baseAddress else { return }
        for i in 0..<count {
          calk_resize_vertical(
            kernels, rows.base, rows.count, rows.stride, rowBytes, down, first + i,
            base + i * middleStride)
        }
        let group = SourceRows(
          base: base, stride: middleStride, count: count, copy: base, copied: count)
        calk_resize_horizontal(kernels, group.group(at: 0), channels, across, &result, 0, stride)
      }
      for i in 0..<count { emitRow(first + i, at: i * stride, step, emit) }
    }
    swap(&middle, &self.middle)
  }

  private func emitUnchanged(
    _ source: UnsafeRawBufferPointer, step: Int, stride: Int, _ emit: (Row) -> Void
  ) {
    guard let base = source.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    for y in 0..<size { emit(Row(y: y, pixels: base + y * stride, step: step)) }
  }

  private func emitRow(_ y: Int, at offset: Int, _ step: Int, _ emit: (Row) -> Void) {
    result.withUnsafeBufferPointer { result in
      guard let base = result.baseAddress else { return }
      emit(Row(y: y, pixels: base + offset, step: step))
    }
  }
}

/// Bytes from pixel to pixel in rows that were resized along x.
private func resizedStep(_ channels: Int) -> Int { channels == 1 ? 1 : 4 }

/// Bytes from row to row of the ring.
private func ringStride(_ size: Int, channels: Int) -> Int {
  roundUp(size * resizedStep(channels), CALK_RESIZE_ALIGN)
}

/// Rows of the ring. The group that completes a window can reach beyond it by all of its rows
/// but one.
private func ringSlots(longest: Int) -> Int {
  roundUp(longest + CALK_RESIZE_ROWS - 1, CALK_RESIZE_ROWS)
}

/// Bytes from row to row of a group that waits for its second pass.
private func groupStride(rowBytes: Int) -> Int { rowBytes + CALK_RESIZE_SLACK }

func roundUp(_ value: Int, _ step: Int) -> Int { (value + step - 1) / step * step }
