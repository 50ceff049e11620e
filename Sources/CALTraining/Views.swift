import CALImage
import CALLearning

/// Makes the two views of an image that CAL compares, as inputs of the network: 3 planes (red,
/// green, blue) of `size` x `size` values, normalised.
///
/// Every step gives bytes, as it does with Pillow, and the same ones (torchvision 0.28, Pillow 13):
///
/// - weak: flip, resize to `size` x `size`;
/// - strong: flip; a part resized to an enlarged square, or the whole resized so that its shorter
///   side has that square's; brightness and contrast; resize to `size` x `size`.
///
/// One per worker: it keeps its scratch memory, and allocates none for an image once it has seen
/// one that is as long for its breadth.
public struct Views: Sendable {
  public let size: Int
  private let settings: ViewSettings
  private var weak: Preprocessor
  private var enlarger: RGBResizer
  private var strong: Preprocessor
  private var table = ColourTable()
  /// The strong view before its last step.
  private var enlarged: [UInt8] = []

  /// `mean` and `deviation` hold one number for each of red, green and blue, in units of the
  /// value range 0...1.
  public init(
    size: Int, mean: [Float], deviation: [Float], settings: ViewSettings
  ) throws(LearningError) {
    try check(size, in: ViewSettings.sizes, "size")
    try check(mean.count, in: 3...3, "number of means")
    try check(deviation.count, in: 3...3, "number of deviations")
    for colour in 0..<3 {
      try check(Double(mean[colour]), in: -1e3...1e3, "mean[\(colour)]")
      try check(Double(deviation[colour]), in: 1e-6...1e3, "deviation[\(colour)]")
    }
    try settings.check()
    self.size = size
    self.settings = settings
    weak = Preprocessor(size: size, mean: mean, deviation: deviation)
    strong = Preprocessor(size: size, mean: mean, deviation: deviation)
    let sides = settings.enlargedSides(size)
    enlarger = RGBResizer(widths: sides, heights: sides)
  }

  /// `crop` is one of `layout`, and `layout` was checked with the size of `pixels`. `input` has
  /// 3 * size * size values.
  public mutating func prepare(
    _ view: WeakView, of pixels: RawSpan, _ layout: ImageLayout, crop: Crop,
    into input: inout MutableSpan<Float>
  ) {
    weak.prepare(pixels, layout, crop: crop, isMirrored: view.isMirrored, into: &input)
  }

  /// The same for a strong view, which was drawn for the crop.
  public mutating func prepare(
    _ view: StrongView, of pixels: RawSpan, _ layout: ImageLayout, crop: Crop,
    into input: inout MutableSpan<Float>
  ) {
    let target = target(of: view, crop)
    // Moved out, so that it may be read while this struct changes.
    var rgb: [UInt8] = []
    swap(&rgb, &enlarged)
    enlarger.resize(pixels, layout, crop: view.part ?? crop, to: target, into: &rgb)
    if let jitter = view.jitter {
      table.apply(jitter, to: &rgb, pixels: target.width * target.height)
    }
    let whole = ImageLayout(rgbWidth: target.width, height: target.height)
    strong.prepare(rgb.span.bytes, whole, crop: Crop(whole: whole), into: &input)
    swap(&rgb, &enlarged)
  }

  /// torchvision's `resize` to one number: the shorter side has it, and the shape is kept.
  private func target(of view: StrongView, _ crop: Crop) -> ResizeTarget {
    let sides = settings.enlargedSides(size)
    var (width, height) = (sides.lowerBound, sides.lowerBound)
    if view.part == nil && crop.width <= crop.height {
      height = min(height * crop.height / crop.width, sides.upperBound)
    } else if view.part == nil {
      width = min(width * crop.width / crop.height, sides.upperBound)
    }
    return ResizeTarget(width: width, height: height, isMirrored: view.isMirrored)
  }
}
