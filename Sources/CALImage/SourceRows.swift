import CKernels

/// The rows of a crop, for kernels that may read `CALK_RESIZE_SLACK` bytes behind each. Where that
/// would leave the caller's buffer, at the very end of an image, rows are read from a copy.
struct SourceRows {
  let base: UnsafePointer<UInt8>
  /// Bytes from row to row.
  let stride: Int
  let count: Int
  /// The rows from number `copied` on.
  let copy: UnsafePointer<UInt8>
  let copied: Int

  /// Four rows from number y on; the last row stands in for those that there are not.
  func group(at y: Int) -> calk_resize_rows {
    calk_resize_rows(row: (row(y), row(y + 1), row(y + 2), row(y + 3)))
  }

  private func row(_ y: Int) -> UnsafePointer<UInt8> {
    let y = min(y, count - 1)
    return y < copied ? base + y * stride : copy + (y - copied) * stride
  }
}

/// Holds the copy: one row, or a few if they are shorter than the slack.
struct SourceTail: Sendable {
  // What is copied lies within a row and the slack of the buffer's end, and is read with slack.
  private var bytes = [UInt8](
    repeating: 0, count: ImageLayout.longestRow + 2 * CALK_RESIZE_SLACK)
  /// Rows before this one need no copy.
  private var first = 0

  /// `source` starts with the first pixel of `count` rows of `rowBytes` and ends where the
  /// caller's buffer does.
  mutating func copy(_ source: UnsafeRawBufferPointer, rowBytes: Int, stride: Int, count: Int) {
    let spare = source.count - rowBytes - CALK_RESIZE_SLACK
    first = spare < 0 ? 0 : min(count, spare / stride + 1)
    guard first < count else { return }
    let last = UnsafeRawBufferPointer(
      rebasing: source[first * stride..<(count - 1) * stride + rowBytes])
    bytes.withUnsafeMutableBytes { $0.copyMemory(from: last) }
  }

  func withRows(
    _ source: UnsafeRawBufferPointer, stride: Int, count: Int, _ body: (SourceRows) -> Void
  ) {
    bytes.withUnsafeBufferPointer { bytes in
      guard let base = source.baseAddress?.assumingMemoryBound(to: UInt8.self),
        let copy = bytes.baseAddress
      else { return }
      body(SourceRows(base: base, stride: stride, count: count, copy: copy, copied: first))
    }
  }
}
