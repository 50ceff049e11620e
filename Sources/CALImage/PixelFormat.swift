/// How the bytes of a pixel are ordered: 8 bits a channel, channels interleaved. The numbers are
/// those of `cal_format`. Alpha is ignored; grey stands for equal red, green and blue.
public enum PixelFormat: Int32, Sendable {
  case rgb8 = 1
  case bgr8, rgba8, bgra8, gray8

  /// Bytes per pixel.
  public var channels: Int {
    switch self {
    case .rgb8, .bgr8: 3
    case .rgba8, .bgra8: 4
    case .gray8: 1
    }
  }

  /// Where red, green and blue are in a pixel.
  var offsets: (red: Int, green: Int, blue: Int) {
    switch self {
    case .rgb8, .rgba8: (0, 1, 2)
    case .bgr8, .bgra8: (2, 1, 0)
    case .gray8: (0, 0, 0)
    }
  }
}
