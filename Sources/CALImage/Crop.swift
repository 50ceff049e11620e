/// The pixels of an image that the network gets to see, never empty and never outside.
public struct Crop: Sendable, Equatable {
  /// The most that a face box can grow by.
  public static let maximumMargin: Float = 10

  public let x, y, width, height: Int

  public init(whole layout: ImageLayout) {
    x = 0
    y = 0
    width = layout.width
    height = layout.height
  }

  /// A face box with its margin, clipped to the image. For boxes of whole pixels this is the
  /// face cropper that the published networks were trained behind: each side moves outwards by
  /// width (height) * (margin - 1) / 2, cut to whole pixels. Of other boxes, every pixel that
  /// the grown box touches is taken. A margin below 1 shrinks the box by the same rule.
  public init(
    face x: Float, _ y: Float, _ width: Float, _ height: Float, margin: Float,
    in layout: ImageLayout
  ) throws(ImageError) {
    guard let factor = decimal(margin) else { throw .margin(margin) }
    guard let across = grow(x, width, by: factor, limit: layout.width),
      let down = grow(y, height, by: factor, limit: layout.height)
    else { throw .box(x: x, y: y, width: width, height: height) }
    self.x = across.lowerBound
    self.y = down.lowerBound
    self.width = across.count
    self.height = down.count
  }

  /// The part of the crop that begins at these pixels of it, cut to what the crop has.
  package func part(x: Int, y: Int, width: Int, height: Int) -> Crop {
    let left = min(max(x, 0), self.width - 1)
    let top = min(max(y, 0), self.height - 1)
    return Crop(
      x: self.x + left, y: self.y + top, width: min(max(width, 1), self.width - left),
      height: min(max(height, 1), self.height - top))
  }

  private init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// Calls `body` with the bytes from the crop's first pixel on; they may go on behind its last
  /// one. The crop is one of `layout`, and `layout` was checked with the size of `pixels`.
  func withPixels(
    of pixels: RawSpan, _ layout: ImageLayout, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    let channels = layout.format.channels
    // These lines check bounds, for the last time: the crop of another image would trap here.
    let source = pixels.extracting(droppingFirst: y * layout.stride + x * channels)
    _ = source.extracting(first: (height - 1) * layout.stride + width * channels)
    source.withUnsafeBytes { body($0) }
  }
}

/// One dimension of a box; nil if nothing is left of it.
private func grow(_ start: Float, _ length: Float, by factor: Double, limit: Int) -> Range<Int>? {
  guard start.isFinite, length.isFinite, length > 0 else { return nil }
  let first = Double(start)
  let last = first + Double(length)
  let limit = Double(limit)
  guard first < limit, last > 0 else { return nil }

  let growth = wholePart(Double(length) * (factor - 1) / 2)
  let lower = Int(min(max(first - growth, 0), limit))
  let end = min(max(last + growth, 0), limit)
  let upper = Double(Int(end)) < end ? Int(end) + 1 : Int(end)
  return lower < upper ? lower..<upper : nil
}

/// The number without its fraction. (`rounded` would call the C library's libm, which nothing
/// else here needs.)
private func wholePart(_ value: Double) -> Double {
  let hasFraction = abs(value) < Double(1 << 53)
  return hasFraction ? Double(Int(value)) : value
}

/// The decimal number of up to six places that was meant by a margin: 1.2, where the Float alone
/// is 1.2000000477. The published rule computes with 1.2 in double precision, and a box whose
/// side is a multiple of 10 tells the two apart. Nil if the margin is out of range.
private func decimal(_ margin: Float) -> Double? {
  guard margin > 0, margin <= Crop.maximumMargin else { return nil }
  let millionths = Int(Double(margin) * 1e6 + 0.5)
  return millionths > 0 ? Double(millionths) / 1e6 : nil
}
