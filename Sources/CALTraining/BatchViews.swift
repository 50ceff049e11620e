import CALImage
import CALLearning
import CALNetwork
import Synchronization

/// Makes the views of a batch: every draw's own pair, whoever makes them and in whatever order.
final class BatchViews: BatchJob {
  private let source: ImageSource
  private let options: TrainingOptions
  private let sampler: Sampler
  private let makers: [Maker]
  private var draws = 0..<0
  private var epoch: UInt32 = 0
  private let missing = Atomic<Int>(-1)

  init(_ source: ImageSource, _ options: TrainingOptions, _ sampler: Sampler, workers: Int)
    throws(LearningError)
  {
    self.source = source
    self.options = options
    self.sampler = sampler
    let views = try Views(
      size: options.spec.inputSize, mean: options.mean, deviation: options.deviation,
      settings: options.views)
    makers = (0..<workers).map { _ in Maker(views) }
  }

  /// One worker's: an array's elements must not be changed by several threads at once.
  private final class Maker {
    var views: Views
    init(_ views: Views) { self.views = views }
  }

  /// The images of a step, in the batch's order.
  func begin(epoch: Int, step: Int) -> [Int] {
    self.epoch = UInt32(truncatingIfNeeded: epoch)
    draws = sampler.draws(ofStep: step)
    missing.store(-1, ordering: .relaxed)
    return draws.map { sampler.image(ofDraw: $0, epoch: self.epoch) }
  }

  /// An image of the last step that its source did not give; nil: all were there.
  var missingImage: Int? {
    let image = missing.load(ordering: .relaxed)
    return image < 0 ? nil : image
  }

  override var isComplete: Bool { missingImage == nil }

  override func prepare(
    image: Int, worker: Int, weak: inout MutableSpan<Float>, strong: inout MutableSpan<Float>
  ) {
    let draw = draws.lowerBound + image
    let number = sampler.image(ofDraw: draw, epoch: epoch)
    let pair = UInt32(truncatingIfNeeded: draw)
    let (settings, seed) = (options.views, options.seed)
    let weakView = WeakView.draw(settings, seed: seed, epoch: epoch, draw: pair)
    let isThere = source.withImage(number, worker: worker) { pixels, layout, crop in
      let strongView = StrongView.draw(settings, of: crop, seed: seed, epoch: epoch, draw: pair)
      makers[worker].views.prepare(weakView, of: pixels, layout, crop: crop, into: &weak)
      makers[worker].views.prepare(strongView, of: pixels, layout, crop: crop, into: &strong)
    }
    if !isThere { missing.store(number, ordering: .relaxed) }
  }

  override func dropOut(image: Int, view: Int, factors: inout MutableSpan<Float>) {
    let rate = options.dropout
    // Two streams a draw: even numbers for weak views, odd ones for strong views.
    let index = UInt32(truncatingIfNeeded: 2 * (draws.lowerBound + image) + view)
    var random = Random(seed: options.seed, purpose: .dropout, epoch: epoch, index: index)
    let kept = Float(1 / (1 - rate))
    for i in 0..<factors.count { factors[i] = Double(random.float()) < rate ? 0 : kept }
  }
}
