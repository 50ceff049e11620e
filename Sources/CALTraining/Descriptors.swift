import CALLearning
import CALNetwork
import Synchronization

/// What the network as it is makes of images in evaluation mode: the statistics of its maps, by
/// which methods are told apart, and its features, which prototypes are made of.
struct Descriptors {
  let images: [Int]
  /// The known class of each image, -1: it has no label.
  let labels: [Int]
  let matrix: DescriptorMatrix
  /// A row per image, or nothing.
  private let features: [Float]
  private let featureCount: Int

  init(
    _ images: [Int], of source: ImageSource, parameters: [Float], prototypes: Int,
    _ options: TrainingOptions, withFeatures: Bool
  ) throws(TrainingError) {
    self.images = images
    labels = images.map { source.label(of: $0) ?? -1 }
    featureCount = options.spec.featureCount
    let job = DescriptorJob(images, source, options, withFeatures: withFeatures)
    try job.run(parameters, prototypes: prototypes, options, statistics: true)
    (matrix, features) = job.collected
  }

  /// The methods among the images, and the space of so many `dimensions` in which they were told
  /// apart. `hidden` labels have no part in making the space. `epoch` is what chance
  /// depends on, beside the seed; `tries`: see `Discovery`.
  func discovery(
    _ options: TrainingOptions, _ settings: Discovery.Settings, dimensions: Int, tries: Int,
    epoch: Int, hidden: Set<Int> = []
  ) throws(TrainingError) -> (space: DiscoverySpace, found: Discovery) {
    let shown = labels.enumerated().map { hidden.contains($0.offset) ? -1 : $0.element }
    var random = Random(
      seed: options.seed, purpose: .discovery, epoch: UInt32(truncatingIfNeeded: epoch), index: 0)
    guard
      let space = DiscoverySpace(
        matrix, labels: shown, known: options.known, dimensions: dimensions,
        shrinkage: settings.shrinkage, &random)
    else {
      throw .diverged("epoch \(epoch): statistics of the network's maps are not finite")
    }
    let question = Discovery.Question(
      labels: labels, known: options.known, total: options.prunes ? nil : options.prototypes,
      limit: options.prunes ? LearningLimit.classes : options.prototypes)
    return (space, Discovery(question, in: space, settings: settings, tries: tries, &random))
  }

  /// Made with features only: the mean feature vector of some of the images, given by their rows,
  /// with this length.
  func centre(_ rows: [Int], length: Double) -> [Float] {
    var sum = Array(repeating: 0.0, count: featureCount)
    for row in rows {
      for c in sum.indices { sum[c] += Double(features[row * featureCount + c]) }
    }
    let norm = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return sum.map { Float(norm > 0 ? $0 / norm * length : 0) }
  }
}

private final class DescriptorJob: SourceJob {
  private let keepsFeatures: Bool
  private let storage: Mutex<(matrix: DescriptorMatrix, features: [Float])>

  init(_ images: [Int], _ source: ImageSource, _ options: TrainingOptions, withFeatures: Bool) {
    keepsFeatures = withFeatures
    storage = Mutex(
      (
        DescriptorMatrix(rows: images.count, statistics: options.spec.statisticCount),
        Array(repeating: 0, count: withFeatures ? images.count * options.spec.featureCount : 0)
      ))
    super.init(images, source, options)
  }

  var collected: (DescriptorMatrix, [Float]) { storage.withLock { ($0.matrix, $0.features) } }

  override func receive(statistics: Span<Float>, image: Int, worker: Int) {
    storage.withLock { $0.matrix.set(row: image, statistics: statistics) }
  }

  override func finish(image: Int, worker: Int, features: Span<Float>, map: Span<Float>) {
    guard keepsFeatures else { return }
    storage.withLock {
      for c in 0..<features.count { $0.features[image * features.count + c] = features[c] }
    }
  }
}
