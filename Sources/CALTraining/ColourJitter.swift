import CALLearning

/// A change of brightness and contrast: torchvision's `ColorJitter` (0.28), which is Pillow's
/// `ImageEnhance`, byte for byte.
public struct ColourJitter: Sendable, Equatable {
  /// 1 changes nothing; 0 makes all black, or all of the mean grey.
  public let brightness, contrast: Float
  public let isContrastFirst: Bool

  /// The factors are uniform, their order is as likely as the other.
  static func draw(_ random: inout Random, _ settings: ViewSettings) -> ColourJitter {
    let isContrastFirst = random.chance(0.5)
    let (brightness, contrast) = (settings.brightness, settings.contrast)
    return ColourJitter(
      brightness: Float(random.double(in: 1 - brightness...1 + brightness)),
      contrast: Float(random.double(in: 1 - contrast...1 + contrast)),
      isContrastFirst: isContrastFirst)
  }
}

/// Changes the colours of packed R, G, B bytes, with memory that is made once.
struct ColourTable: Sendable {
  private var values = [UInt8](repeating: 0, count: 256)

  mutating func apply(_ jitter: ColourJitter, to rgb: inout [UInt8], pixels: Int) {
    if jitter.isContrastFirst {
      changeContrast(jitter.contrast, &rgb, pixels)
      changeBrightness(jitter.brightness, &rgb, pixels)
    } else {
      changeBrightness(jitter.brightness, &rgb, pixels)
      changeContrast(jitter.contrast, &rgb, pixels)
    }
  }

  private mutating func changeBrightness(_ factor: Float, _ rgb: inout [UInt8], _ pixels: Int) {
    fill(from: 0, factor)
    lookUp(&rgb, pixels)
  }

  private mutating func changeContrast(_ factor: Float, _ rgb: inout [UInt8], _ pixels: Int) {
    fill(from: meanGrey(rgb, pixels), factor)
    lookUp(&rgb, pixels)
  }

  /// Pillow's `Image.blend` of one value with each other: beyond 1 the factor extrapolates, and
  /// the result is cut to 0 ... 255. Fractions are dropped.
  private mutating func fill(from base: Int, _ factor: Float) {
    for value in 0..<256 {
      let blended = Float(base) + factor * Float(value - base)
      values[value] = UInt8(min(max(blended, 0), 255))
    }
  }

  private func lookUp(_ rgb: inout [UInt8], _ pixels: Int) {
    for i in 0..<3 * pixels { rgb[i] = values[Int(rgb[i])] }
  }

  /// The mean, rounded half up, of Pillow's luma: ITU-R 601-2 with 16 fraction bits, rounded for
  /// each pixel.
  private func meanGrey(_ rgb: [UInt8], _ pixels: Int) -> Int {
    var sum = 0
    for i in 0..<pixels {
      let (red, green, blue) = (Int(rgb[3 * i]), Int(rgb[3 * i + 1]), Int(rgb[3 * i + 2]))
      sum += (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16
    }
    return Int(Double(sum) / Double(pixels) + 0.5)
  }
}
