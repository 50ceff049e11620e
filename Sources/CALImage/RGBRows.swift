import CKernels

/// Hands out whole images as R, G, B bytes, rows from the top, no padding: the same bytes for
/// every pixel format. Used by one thread at a time.
public struct RGBRows: Sendable {
  /// One row in that order.
  private var row = [UInt8](repeating: 0, count: 3 * ImageLayout.longestSide)

  public init() {}

  /// The bytes come in pieces of one or more rows, each valid during the call. What is in order
  /// already is handed over in place; the rest goes through memory that was made with this.
  public mutating func feed(
    _ pixels: RawSpan, _ layout: ImageLayout, to consume: (RawSpan) -> Void
  ) {
    let whole = pixels.extracting(first: layout.byteCount)
    if layout.format == .rgb8, layout.stride == layout.rowBytes {
      consume(whole)
      return
    }
    for y in 0..<layout.height {
      let source = whole.extracting(droppingFirst: y * layout.stride)
        .extracting(first: layout.rowBytes)
      if layout.format == .rgb8 {
        consume(source)
      } else {
        reorder(source, layout)
        consume(row.span.bytes.extracting(first: 3 * layout.width))
      }
    }
  }

  private mutating func reorder(_ source: RawSpan, _ layout: ImageLayout) {
    let format = layout.format
    source.withUnsafeBytes { source in
      calk_resize_rgb(
        source.baseAddress?.assumingMemoryBound(to: UInt8.self), format.channels,
        format.offsets.red, layout.width, &row)
    }
  }
}
