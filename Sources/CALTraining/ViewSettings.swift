import CALImage
import CALLearning

/// How strongly the two views of an image differ from it. All probabilities and shares are 0 to 1.
public struct ViewSettings: Sendable, Equatable {
  /// Of both views, to be flipped left to right.
  public var flipProbability = 0.5
  /// Of the strong view, to show a part of the image.
  public var cropProbability = 0.2
  /// Of the part's area, as a share of the image's.
  public var leastArea = 0.5
  public var mostArea = 1.0
  /// Of the part's width over its height.
  public var leastAspect = 3.0 / 4
  public var mostAspect = 4.0 / 3
  /// The strong view is first made so many times larger than the network's input, in whole
  /// pixels.
  public var enlargement = 256.0 / 224
  /// Of the strong view, to be changed in brightness and contrast.
  public var jitterProbability = 0.2
  /// The factor is uniform in 1 - brightness ... 1 + brightness.
  public var brightness = 0.4
  public var contrast = 0.4

  /// The published views (dataset/transforms.py:60-94), which are the initial values.
  public static let paper = ViewSettings()

  public init() {}

  /// Pixels of an input's side.
  static let sizes = 1...2048

  /// Pixels of a side of the strong view before it gets the input's size: the shorter one and at
  /// most the longer one. Pictures of more than 8 to 1 are squashed to that. Published is no
  /// bound, and one row of pixels would become gigabytes.
  func enlargedSides(_ size: Int) -> ClosedRange<Int> {
    let side = Int(enlargement * Double(size))
    return side...min(8 * side, ImageLayout.longestSide)
  }

  public func check() throws(LearningError) {
    try CALLearning.check(flipProbability, in: 0...1, "flip_probability")
    try CALLearning.check(cropProbability, in: 0...1, "crop_probability")
    try CALLearning.check(mostArea, in: 0.01...1, "most_area")
    try CALLearning.check(leastArea, in: 0.01...mostArea, "least_area")
    try CALLearning.check(mostAspect, in: 0.1...10, "most_aspect")
    try CALLearning.check(leastAspect, in: 0.1...mostAspect, "least_aspect")
    try CALLearning.check(enlargement, in: 1...2, "enlargement")
    try CALLearning.check(jitterProbability, in: 0...1, "jitter_probability")
    try CALLearning.check(brightness, in: 0...1, "brightness")
    try CALLearning.check(contrast, in: 0...1, "contrast")
  }
}
