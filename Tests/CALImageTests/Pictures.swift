import CALImage

/// A picture as three planes that a formula fills, and the bytes of it in any format.
struct Picture {
  let width, height: Int
  /// Red, green, blue of each pixel, rows from the top.
  var rgb: [UInt8]

  init(width: Int, height: Int, _ value: (_ x: Int, _ y: Int, _ colour: Int) -> UInt8) {
    self.width = width
    self.height = height
    rgb = []
    rgb.reserveCapacity(width * height * 3)
    for y in 0..<height {
      for x in 0..<width { for colour in 0..<3 { rgb.append(value(x, y, colour)) } }
    }
  }

  static func noise(_ width: Int, _ height: Int, seed: Int, grey: Bool = false) -> Picture {
    Picture(width: width, height: height) { x, y, colour in
      noiseByte(x, y, grey ? 0 : colour, seed: seed)
    }
  }

  /// Rows `padding` bytes apart, the last one without. Padding and alpha are noise: whoever uses
  /// them is found out. Grey takes red.
  func bytes(_ format: PixelFormat, padding: Int = 0) -> [UInt8] {
    var bytes: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let i = (y * width + x) * 3
        let (red, green, blue) = (rgb[i], rgb[i + 1], rgb[i + 2])
        let alpha = noiseByte(x, y, 3, seed: 77)
        switch format {
        case .rgb8: bytes += [red, green, blue]
        case .bgr8: bytes += [blue, green, red]
        case .rgba8: bytes += [red, green, blue, alpha]
        case .bgra8: bytes += [blue, green, red, alpha]
        case .gray8: bytes.append(red)
        }
      }
      if y < height - 1 { bytes += (0..<padding).map { noiseByte($0, y, 4, seed: 78) } }
    }
    return bytes
  }

  func layout(_ format: PixelFormat, padding: Int = 0) throws -> ImageLayout {
    let stride = width * format.channels + padding
    return try ImageLayout(
      format: format.rawValue, width: UInt32(width), height: UInt32(height),
      stride: UInt64(stride), size: UInt64(stride * (height - 1) + width * format.channels))
  }
}

/// The hash of make_resize_fixtures.py.
func noiseByte(_ x: Int, _ y: Int, _ colour: Int, seed: Int) -> UInt8 {
  func times(_ value: Int, _ factor: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: value) &* factor
  }
  var hash = times(x, 0x9E37_79B1) ^ times(y, 0x85EB_CA77) ^ times(colour, 0xC2B2_AE3D)
  hash ^= times(seed, 0x27D4_EB2F)
  hash = (hash ^ hash >> 15) &* 0x2C1B_3C6D
  hash = (hash ^ hash >> 12) &* 0x297A_2D39
  return UInt8(truncatingIfNeeded: hash ^ hash >> 15)
}

let allFormats: [PixelFormat] = [.rgb8, .bgr8, .rgba8, .bgra8, .gray8]

/// Every kernel set that this CPU runs.
let kernelSets: [ResizeKernels] =
  ResizeKernels.best == .portable ? [.portable] : [.portable, .best]

/// A preprocessor whose results are the resized bytes divided by 255.
func plainPreprocessor(size: Int, kernels: ResizeKernels = .best) -> Preprocessor {
  Preprocessor(size: size, mean: [0, 0, 0], deviation: [1, 1, 1], kernels: kernels)
}

extension Preprocessor {
  mutating func prepared(
    _ pixels: RawSpan, _ layout: ImageLayout, _ crop: Crop, isMirrored: Bool = false
  ) -> [Float] {
    var input = [Float](repeating: .nan, count: 3 * size * size)
    var span = input.mutableSpan
    prepare(pixels, layout, crop: crop, isMirrored: isMirrored, into: &span)
    return input
  }

  /// Of a `plainPreprocessor`: R, G, B bytes of each pixel.
  mutating func resized(_ pixels: RawSpan, _ layout: ImageLayout, _ crop: Crop) -> [UInt8] {
    let input = prepared(pixels, layout, crop)
    let plane = size * size
    return (0..<3 * plane).map { i in
      UInt8((input[i % 3 * plane + i / 3] * 255).rounded())
    }
  }
}
