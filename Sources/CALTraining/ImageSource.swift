import CALImage

/// Where a training gets its images from. Images are numbered from 0; what a source says of a
/// number must not change while a training has it.
open class ImageSource {
  public init() {}

  open var count: Int { 0 }

  /// The class of a labelled image; nil: it is unlabelled.
  open func label(of image: Int) -> Int? { nil }

  /// Whether it is not trained on but validated with; such an image has a label.
  open func isHeldOut(_ image: Int) -> Bool { false }

  /// Calls `body` once with an image's pixels, which are borrowed for that call, and the part of
  /// them to look at. On any worker, several at once. Returns false, without calling, if the
  /// image cannot be had.
  open func withImage(
    _ image: Int, worker: Int, _ body: (RawSpan, ImageLayout, Crop) -> Void
  ) -> Bool { false }
}
