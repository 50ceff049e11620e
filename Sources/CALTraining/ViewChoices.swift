import CALImage
import CALLearning

/// What chance decided for a weak view.
public struct WeakView: Sendable, Equatable {
  /// Flipped left to right.
  public let isMirrored: Bool

  /// - Parameter draw: the number of the draw that the image came with (`Sampler`).
  public static func draw(
    _ settings: ViewSettings, seed: UInt64, epoch: UInt32, draw: UInt32
  ) -> WeakView {
    var random = Random(seed: seed, purpose: .weakView, epoch: epoch, index: draw)
    return WeakView(isMirrored: random.chance(settings.flipProbability))
  }
}

/// What chance decided for a strong view.
public struct StrongView: Sendable, Equatable {
  /// Flipped left to right.
  public let isMirrored: Bool
  /// The part of the image to show; nil: all of it.
  public let part: Crop?
  /// nil: the colours stay.
  public let jitter: ColourJitter?

  /// - Parameters:
  ///   - crop: the face, or the whole image.
  ///   - draw: the number of the draw that the image came with (`Sampler`).
  public static func draw(
    _ settings: ViewSettings, of crop: Crop, seed: UInt64, epoch: UInt32, draw: UInt32
  ) -> StrongView {
    var random = Random(seed: seed, purpose: .strongView, epoch: epoch, index: draw)
    let isMirrored = random.chance(settings.flipProbability)
    let isPart = random.chance(settings.cropProbability)
    let part = isPart ? RandomCrop.draw(&random, of: crop, settings) : nil
    let isChanged = random.chance(settings.jitterProbability)
    let jitter = isChanged ? ColourJitter.draw(&random, settings) : nil
    return StrongView(isMirrored: isMirrored, part: part, jitter: jitter)
  }
}
