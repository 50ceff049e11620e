/// What is wrong with an image that was handed in, with the values that are.
public enum ImageError: Error, Equatable, Sendable {
  /// No `PixelFormat` has this number.
  case format(Int32)
  /// A side is 0 or over the limit, or both together make too many pixels.
  case size(width: UInt32, height: UInt32)
  /// Rows of `width` pixels do not fit the stride.
  case stride(UInt64, rowBytes: UInt64)
  /// `rows` rows of this stride, the last one `rowBytes` long, do not fit the buffer.
  case buffer(size: UInt64, stride: UInt64, rows: UInt32, rowBytes: UInt64)
  /// The face box is not finite, is empty, or has no pixel in the image.
  case box(x: Float, y: Float, width: Float, height: Float)
  /// The factor that the face box grows by is not in its range.
  case margin(Float)

  /// One sentence that names the value.
  public var description: String {
    switch self {
    case .format(let number):
      return "pixel format \(number) is none of the known ones (1 to 5)"
    case .size(let width, let height):
      return sizeDescription(width, height)
    case .stride(let stride, let rowBytes):
      return "stride \(stride) is smaller than the \(rowBytes) bytes of a row"
    case .buffer(let size, let stride, let rows, let rowBytes):
      return "a buffer of \(size) bytes is too small for \(rows) rows of \(rowBytes) bytes"
        + " with stride \(stride)"
    case .box(let x, let y, let width, let height):
      return "face box x \(x), y \(y), width \(width), height \(height)"
        + " is not finite, is empty, or lies outside the image"
    case .margin(let margin):
      return "face margin \(margin) is not above 0 and at most \(Crop.maximumMargin)"
    }
  }
}

private func sizeDescription(_ width: UInt32, _ height: UInt32) -> String {
  let limit = ImageLayout.maximumSide
  if width < 1 || width > limit { return "image width \(width) is not in 1 to \(limit)" }
  if height < 1 || height > limit { return "image height \(height) is not in 1 to \(limit)" }
  return "an image of \(width) x \(height) has more than \(ImageLayout.maximumPixels) pixels"
}
