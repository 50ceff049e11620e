import CKernels

/// Hands the whole image to `consume` as R, G, B bytes, rows from the top, no padding: the same
/// bytes for every pixel format. They come in pieces of one or more rows, each valid during the
/// call. What is in that order already is handed over in place; the rest goes row by row through
/// `scratch`, which grows to one row and can be used again.
public func feedRGBRows(
  _ pixels: RawSpan, _ layout: ImageLayout, scratch: inout [UInt8], to consume: (RawSpan) -> Void
) {
  let whole = pixels.extracting(first: layout.byteCount)
  if layout.format == .rgb8, layout.stride == layout.rowBytes {
    consume(whole)
    return
  }
  for y in 0..<layout.height {
    let row = whole.extracting(droppingFirst: y * layout.stride).extracting(first: layout.rowBytes)
    if layout.format == .rgb8 {
      consume(row)
    } else {
      reorder(row, layout, &scratch)
      consume(scratch.span.bytes.extracting(first: 3 * layout.width))
    }
  }
}

private func reorder(_ row: RawSpan, _ layout: ImageLayout, _ rgb: inout [UInt8]) {
  if rgb.count < 3 * layout.width { rgb = Array(repeating: 0, count: 3 * layout.width) }
  let format = layout.format
  row.withUnsafeBytes { row in
    calk_resize_rgb(
      row.baseAddress?.assumingMemoryBound(to: UInt8.self), format.channels, format.offsets.red,
      layout.width, &rgb)
  }
}
