import CALDigest
import CALImage
import CALModel

/// What one worker of a session needs for itself. Made with the session and reused, so that an
/// image allocates nothing once the largest one was seen.
final class Worker {
  private var preprocessor: Preprocessor
  /// One row of pixels as R, G, B.
  private var row: [UInt8] = []
  var scores: Scores

  init(_ model: Model) {
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
    feedRGBRows(image.pixels.bytes, image.layout, scratch: &row) { sha256.update($0) }
    return sha256.finish()
  }
}
