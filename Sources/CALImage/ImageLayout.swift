/// The geometry of a pixel buffer, checked: whatever holds one may compute addresses from it
/// without a thought of overflow.
public struct ImageLayout: Sendable, Equatable {
  /// Pixels.
  public static let maximumSide: UInt32 = 32768
  /// Width times height.
  public static let maximumPixels: UInt64 = 268_435_456
  package static let longestSide = Int(maximumSide)
  /// Bytes of the longest row there can be.
  static let longestRow = 4 * longestSide

  public let format: PixelFormat
  /// Pixels.
  public let width, height: Int
  /// Bytes from row to row, at least `rowBytes`; equal to it where there is one row only.
  public let stride: Int

  /// Bytes of a row that hold pixels.
  public var rowBytes: Int { width * format.channels }

  /// Bytes from the first pixel to behind the last one.
  public var byteCount: Int { stride * (height - 1) + rowBytes }

  /// Of packed R, G, B bytes that the library made, within the limits above.
  package init(rgbWidth width: Int, height: Int) {
    format = .rgb8
    self.width = width
    self.height = height
    stride = 3 * width
  }

  /// - Parameters:
  ///   - stride: 0 means packed rows.
  ///   - size: bytes that may be read, from the first pixel on.
  public init(
    format rawFormat: Int32, width: UInt32, height: UInt32, stride: UInt64, size: UInt64
  ) throws(ImageError) {
    guard let format = PixelFormat(rawValue: rawFormat) else { throw .format(rawFormat) }
    let sides = 1...Self.maximumSide
    guard sides.contains(width), sides.contains(height),
      UInt64(width) * UInt64(height) <= Self.maximumPixels
    else { throw .size(width: width, height: height) }

    let rowBytes = UInt64(width) * UInt64(format.channels)
    let step = stride == 0 ? rowBytes : stride
    guard step >= rowBytes else { throw .stride(stride, rowBytes: rowBytes) }

    // With height - 1 steps in range of Int, so is one, if there is any.
    let (rows, overflow) = step.multipliedReportingOverflow(by: UInt64(height - 1))
    let limit = min(size, UInt64(Int.max))
    guard !overflow, rows <= limit, rowBytes <= limit - rows else {
      throw .buffer(size: size, stride: step, rows: height, rowBytes: rowBytes)
    }
    self.format = format
    self.width = Int(width)
    self.height = Int(height)
    self.stride = height == 1 ? Int(rowBytes) : Int(step)
  }
}
