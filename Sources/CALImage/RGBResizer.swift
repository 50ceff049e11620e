import CKernels

/// Resizes borrowed pixels of any format to packed R, G, B bytes, as Pillow does with `BILINEAR`
/// (byte for byte). Used by one thread at a time.
package struct RGBResizer: Sendable {
  private var resizer: Resizer

  /// For targets of these widths and heights.
  package init(
    widths: ClosedRange<Int>, heights: ClosedRange<Int>, kernels: ResizeKernels = .best
  ) {
    resizer = Resizer(widths: widths, heights: heights, kernels: kernels)
  }

  /// Writes the target's pixels, rows from the top, to the beginning of `rgb`, which grows if it
  /// is too short. `crop` is one of `layout`, and `layout` was checked with the size of `pixels`.
  package mutating func resize(
    _ pixels: RawSpan, _ layout: ImageLayout, crop: Crop, to target: ResizeTarget,
    into rgb: inout [UInt8]
  ) {
    let rowBytes = 3 * target.width
    if rgb.count < target.height * rowBytes {
      rgb = Array(repeating: 0, count: target.height * rowBytes)
    }
    let red = layout.format.offsets.red
    crop.withPixels(of: pixels, layout) { source in
      rgb.withUnsafeMutableBufferPointer { rgb in
        guard let first = rgb.baseAddress else { return }
        resizer.resize(source, layout, crop: crop, to: target) { row in
          calk_resize_rgb(row.pixels, row.step, red, target.width, first + row.y * rowBytes)
        }
      }
    }
  }
}
