import CALImage
import CALTraining

/// Small pictures in memory: class c has stripes of period c + 2.
final class Stripes: ImageSource {
  private let labels: [Int?]
  private let pictures: [[UInt8]]
  private let heldOut: Set<Int>
  /// An image that cannot be had.
  var missing: Int?
  static let side = 12

  init(count: Int, known: Int, classes: Int, missing: Int? = nil, heldOut: Set<Int> = []) {
    labels = (0..<count).map { $0 % classes < known && $0 % 3 != 0 ? $0 % classes : nil }
    pictures = (0..<count).map { image in
      (0..<3 * Stripes.side * Stripes.side).map { i in
        let x = i / 3 % Stripes.side
        return UInt8(truncatingIfNeeded: x % (image % classes + 2) * 60 + image * 7 % 40)
      }
    }
    self.missing = missing
    self.heldOut = heldOut
  }

  override var count: Int { labels.count }
  override func label(of image: Int) -> Int? { labels[image] }
  override func isHeldOut(_ image: Int) -> Bool { heldOut.contains(image) }

  override func withImage(
    _ image: Int, worker: Int, _ body: (RawSpan, ImageLayout, Crop) -> Void
  ) -> Bool {
    let picture = pictures[image]
    guard image != missing,
      let layout = try? ImageLayout(
        format: 1, width: UInt32(Stripes.side), height: UInt32(Stripes.side), stride: 0,
        size: UInt64(picture.count))
    else { return false }
    body(picture.span.bytes, layout, Crop(whole: layout))
    return true
  }
}
