import CALLearning

/// Which images the steps of an epoch train on.
///
/// As published (train.py:238-243): as many draws with replacement as there are images, a
/// labelled one with weight 1, an unlabelled one with |L| / |U|, so that each kind makes up half
/// of the draws in expectation, whatever their numbers. If there is only one kind, all of its
/// images are equally likely.
///
/// Every draw is a pure function of seed, epoch and its number. Training can start anywhere.
public struct Sampler: Sendable {
  public static let batchSizes = 2...65_536

  public let batchSize: Int
  private let seed: UInt64
  private let labelled: [Int]
  private let unlabelled: [Int]

  /// `labelled` and `unlabelled` hold the images' numbers, any that the caller likes.
  public init(
    labelled: [Int], unlabelled: [Int], batchSize: Int, seed: UInt64
  ) throws(LearningError) {
    try check(batchSize, in: Sampler.batchSizes, "batch_size")
    try check(labelled.count, in: 0...LearningLimit.samples, "number of labelled images")
    try check(unlabelled.count, in: 0...LearningLimit.samples, "number of unlabelled images")
    try check(
      labelled.count + unlabelled.count, in: 2...LearningLimit.samples,
      "number of training images")
    self.labelled = labelled
    self.unlabelled = unlabelled
    self.batchSize = batchSize
    self.seed = seed
  }

  /// Of an epoch, those included that no step uses.
  public var draws: Int { labelled.count + unlabelled.count }

  /// Of an epoch. A last batch of fewer than two images is left out: their batch statistics
  /// would have no variance.
  public var steps: Int { (draws + batchSize - 2) / batchSize }

  /// The draws that make up the batch of a step, which is below `steps`.
  public func draws(ofStep step: Int) -> Range<Int> {
    guard 0..<steps ~= step else { return 0..<0 }
    return step * batchSize..<min((step + 1) * batchSize, draws)
  }

  /// The number of the image that was drawn.
  public func image(ofDraw draw: Int, epoch: UInt32) -> Int {
    var random = Random(
      seed: seed, purpose: .sampling, epoch: epoch, index: UInt32(truncatingIfNeeded: draw))
    let kind = pick(&random)
    return kind[Int(random.below(UInt32(kind.count)))]
  }

  private func pick(_ random: inout Random) -> [Int] {
    if labelled.isEmpty { return unlabelled }
    if unlabelled.isEmpty { return labelled }
    return random.chance(0.5) ? labelled : unlabelled
  }
}
