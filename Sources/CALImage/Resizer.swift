import CKernels

/// What a picture is resized to.
package struct ResizeTarget: Sendable, Equatable {
  /// Pixels.
  package let width, height: Int
  /// As if the picture had been flipped left to right before.
  package let isMirrored: Bool

  package init(width: Int, height: Int, isMirrored: Bool) {
    self.width = width
    self.height = height
    self.isMirrored = isMirrored
  }
}

/// Resizes as Pillow 13 does with `BILINEAR`, byte for byte: along one axis, rounded to bytes,
/// then along the other. Which comes first can change a byte by one; Pillow 11 always took x
/// first. Scratch memory is there from the start, for pictures of any size.
struct Resizer: Sendable {
  /// One row of the result: pixels `step` bytes apart, channels in the source's order, a fourth
  /// without meaning.
  struct Row {
    let y: Int
    let pixels: UnsafePointer<UInt8>
    let step: Int
  }

  private let widths, heights: ClosedRange<Int>
  private let kernels: calk_resize_set
  private var across: ResizeFilter
  private var down: ResizeFilter
  private var tail = SourceTail()
  /// Rows between the two passes.
  private var middle: [UInt8]
  /// Rows of the result.
  private var result: [UInt8]

  /// For targets of these widths and heights.
  init(widths: ClosedRange<Int>, heights: ClosedRange<Int>, kernels: ResizeKernels) {
    self.widths = widths
    self.heights = heights
    self.kernels = kernels.set
    across = ResizeFilter(outputs: widths)
    down = ResizeFilter(outputs: heights)
    let row = ringStride(widths.upperBound, channels: 4)
    let longest = ResizeFilter.Line.longest(outputs: heights.lowerBound).longestWindow
    let ring = ringSlots(longest: longest) * row
    let group = CALK_RESIZE_ROWS * groupStride(rowBytes: ImageLayout.longestRow)
    middle = Array(repeating: 0, count: max(ring, group))
    result = Array(repeating: 0, count: CALK_RESIZE_ROWS * row)
  }

  /// Calls `emit` with the rows of the result from the top. `source` starts with the crop's first
  /// pixel and may go on behind the last one.
  mutating func resize(
    _ source: UnsafeRawBufferPointer, _ layout: ImageLayout, crop: Crop, to target: ResizeTarget,
    emit: (Row) -> Void
  ) {
    // The kernels write to memory that was made for these.
    precondition(widths.contains(target.width) && heights.contains(target.height))
    let (width, height) = (crop.width, crop.height)
    let (channels, stride) = (layout.format.channels, layout.stride)
    if width == target.width, height == target.height, !target.isMirrored {
      emitUnchanged(source, rows: height, step: channels, stride: stride, emit)
      return
    }
    across.prepare(
      .init(source: width, outputs: target.width, isMirrored: target.isMirrored))
    down.prepare(.init(source: height, outputs: target.height, isMirrored: false))
    tail.copy(source, rowBytes: width * channels, stride: stride, count: height)

    // References to arrays that stay as they are while the kernels run.
    let (across, down, tail) = (across, down, tail)
    across.withKernelView { across in
      down.withKernelView { down in
        tail.withRows(source, stride: stride, count: height) { rows in
          if height > target.height, height - target.height > 2 * (width - target.width) {
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
    let stride = ringStride(across.outputs, channels: channels)
    let slots = ringSlots(longest: self.down.longest)

    var done = 0
    for y in 0..<down.outputs {
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
    let stride = across.outputs * step

    // Moved out, so that its rows may be pointed to while `result` changes.
    var middle: [UInt8] = []
    swap(&middle, &self.middle)
    for first in Swift.stride(from: 0, to: down.outputs, by: CALK_RESIZE_ROWS) {
      let count = min(CALK_RESIZE_ROWS, down.outputs - first)
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
    _ source: UnsafeRawBufferPointer, rows: Int, step: Int, stride: Int, _ emit: (Row) -> Void
  ) {
    guard let base = source.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    for y in 0..<rows { emit(Row(y: y, pixels: base + y * stride, step: step)) }
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
private func ringStride(_ width: Int, channels: Int) -> Int {
  roundUp(width * resizedStep(channels), CALK_RESIZE_ALIGN)
}

/// Rows of the ring. The group that completes a window can reach beyond it by all of its rows
/// but one.
private func ringSlots(longest: Int) -> Int {
  roundUp(longest + CALK_RESIZE_ROWS - 1, CALK_RESIZE_ROWS)
}

/// Bytes from row to row of a group that waits for its second pass.
private func groupStride(rowBytes: Int) -> Int { rowBytes + CALK_RESIZE_SLACK }

func roundUp(_ value: Int, _ step: Int) -> Int { (value + step - 1) / step * step }
