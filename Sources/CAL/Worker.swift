import CALDigest
import CALImage
import CALModel
import CALNetwork

/// What one worker of a session needs for itself. All of it is made with the session, so that
/// no image allocates, whatever its size and whichever worker it falls to.
final class Worker {
  private var preprocessor: Preprocessor
  private var rows = RGBRows()
  var scores: Scores
  /// If the session takes the time.
  let watch: Stopwatch?

  init(_ model: Model, _ watch: Stopwatch?) {
    self.watch = watch
    let preprocessing = model.preprocessing
    preprocessor = Preprocessor(
      size: preprocessing.size, mean: preprocessing.mean, deviation: preprocessing.deviation)
    scores = Scores(model.bank)
  }

  /// The network's input: 3 planes.
  func prepare(_ image: CheckedImage, into input: inout MutableSpan<Float>) {
    preprocessor.prepare(image.pixels.bytes, image.layout, crop: image.crop, into: &input)
  }

  /// SHA-256 of the whole image as R, G, B rows.
  func digest(_ image: CheckedImage) -> Digest {
    var sha256 = SHA256()
    rows.feed(image.pixels.bytes, image.layout) { sha256.update($0) }
    return sha256.finish()
  }
}
