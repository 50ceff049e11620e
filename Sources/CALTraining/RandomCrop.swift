import CALImage
import CALLearning

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Which part of an image a strong view shows: torchvision's `RandomResizedCrop.get_params`
/// (0.28). Area and the logarithm of the aspect are uniform; ten tries, then the largest central
/// part with an allowed aspect.
enum RandomCrop {
  private static let tries = 10

  /// A part of `crop`. `settings` were checked.
  static func draw(_ random: inout Random, of crop: Crop, _ settings: ViewSettings) -> Crop {
    let (width, height) = (crop.width, crop.height)
    let pixelCount = Double(width * height)
    let shares = settings.leastArea...settings.mostArea
    let logAspects = log(settings.leastAspect)...log(settings.mostAspect)
    for _ in 0..<tries {
      let area = pixelCount * random.double(in: shares)
      let aspect = exp(random.double(in: logAspects))
      let w = pixels((area * aspect).squareRoot())
      let h = pixels((area / aspect).squareRoot())
      if 1...width ~= w && 1...height ~= h {
        let y = Int(random.below(UInt32(height - h + 1)))
        let x = Int(random.below(UInt32(width - w + 1)))
        return crop.part(x: x, y: y, width: w, height: h)
      }
    }
    return central(crop, settings.leastAspect...settings.mostAspect)
  }

  /// For images so long that no part of an allowed size was found.
  static func central(_ crop: Crop, _ aspects: ClosedRange<Double>) -> Crop {
    var (width, height) = (crop.width, crop.height)
    let aspect = Double(width) / Double(height)
    if aspect < aspects.lowerBound {
      height = pixels(Double(width) / aspects.lowerBound)
    } else if aspect > aspects.upperBound {
      width = pixels(Double(height) * aspects.upperBound)
    }
    return crop.part(
      x: (crop.width - width) / 2, y: (crop.height - height) / 2, width: width, height: height)
  }

  /// Rounded as Python does.
  private static func pixels(_ length: Double) -> Int { Int(length.rounded(.toNearestOrEven)) }
}
