import CALLearning
import CALModel
import CALNetwork

/// What the default recipe's model has in the place of the trained head: features made of the
/// statistics of all maps, in the space in which discovery tells methods apart, and a prototype at
/// the centre of every method found there. The trained features, of the last map alone, keep what
/// the methods that they were trained on need, and little of others.
struct StatisticsHead {
  /// What makes features of statistics.
  let projection: (weights: [Float], biases: [Float])
  let dimensions: Int
  /// Prototypes, of length 10 as those of the trained head.
  let rows: [[Float]]
  /// Unlabelled images of each.
  let usage: [UInt64]
  /// The temperature, and the probability from which on an answer is a verdict.
  let decision: Decision
  /// Features of some labelled images of each known class.
  let calibration: [[[Float]]]

  /// Enough for methods that are met later: what these differ in is not among the widest axes.
  private static let dimensions = 128
  /// Of the images that later updates are held against, for each class.
  private static let calibrationImages = 32
  /// Share of the unlabelled images that are left without a verdict, so that methods which no
  /// prototype stands for are noticed.
  private static let undetermined = 0.05

  init(
    _ descriptors: Descriptors, statistics: Int, _ options: TrainingOptions
  ) throws(TrainingError) {
    let (space, found) = try descriptors.discovery(
      options, .final, dimensions: StatisticsHead.dimensions, tries: 5, epoch: options.epochs)
    projection = space.projection(statistics: statistics)
    dimensions = space.dimensions
    usage = found.usage
    let directions = FloatRows(space.directions().map { $0.map(Float.init) })
    let labels = descriptors.labels
    let centres = StatisticsHead.centres(directions, found, labels)
    rows = (0..<centres.count).map { centres[$0].map { 10 * $0 } }
    calibration = (0..<options.known).map { label in
      let images = labels.indices.filter { labels[$0] == label }
      let count = min(images.count, StatisticsHead.calibrationImages)
      return (0..<count).map { directions[images[$0 * images.count / count]] }
    }
    let temperature = try StatisticsHead.temperature(descriptors, found, options)
    let unlabelled = directions.picking(labels.indices.filter { labels[$0] < 0 })
    let threshold = StatisticsHead.threshold(unlabelled, centres, temperature)
    decision = Decision(
      knownThreshold: threshold, novelThreshold: threshold, temperature: Float(temperature))
  }

  /// 0 without images.
  private static func threshold(
    _ directions: FloatRows, _ centres: FloatRows, _ temperature: Double
  ) -> Float {
    let probabilities = logits(directions, centres).map {
      TemperatureScaling.largestProbability($0, temperature)
    }.sorted()
    guard !probabilities.isEmpty else { return 0 }
    return Float(probabilities[Int(undetermined * Double(probabilities.count))])
  }

  /// A row for each image.
  private static func logits(_ directions: FloatRows, _ centres: FloatRows) -> [[Double]] {
    directions.blocks.flatMap { block in
      let cosines = directions.products(block, centres)
      return block.indices.map { i in
        let first = (i - block.lowerBound) * centres.count
        return cosines[first..<first + centres.count].map { 10 * Double($0) }
      }
    }
  }

  /// Mean directions; 0 for a cluster without images. Of a known class those with its label are
  /// enough, if there are any: what joined them may be a method that is like it.
  private static func centres(
    _ directions: FloatRows, _ found: Discovery, _ labels: [Int]
  ) -> FloatRows {
    let isLabelled = Set(labels)
    let clusters = found.clusters.indices.map { image in
      let cluster = found.clusters[image]
      return isLabelled.contains(cluster) ? labels[image] : cluster
    }
    let none = Array(repeating: Float(0), count: directions.width)
    return SphericalMeans.means(
      directions, clusters, FloatRows(Array(repeating: none, count: found.count)))
  }

  /// Fitted by a space that knows only every second labelled image, and what it says of the others:
  /// images by which a space is whitened lie nearer to their centres in it than any others.
  private static func temperature(
    _ descriptors: Descriptors, _ found: Discovery, _ options: TrainingOptions
  ) throws(TrainingError) -> Double {
    var labels = descriptors.labels
    var hidden: [Int] = []
    for label in 0..<options.known {
      let images = labels.indices.filter { labels[$0] == label }
      hidden += images.enumerated().compactMap { $0.offset % 2 == 1 ? $0.element : nil }
    }
    for image in hidden { labels[image] = -1 }
    var random = Random(
      seed: options.seed, purpose: .discovery, epoch: UInt32(truncatingIfNeeded: options.epochs),
      index: 1)
    guard
      let space = DiscoverySpace(
        descriptors.matrix, labels: labels, known: options.known, dimensions: dimensions,
        shrinkage: Discovery.Settings.final.shrinkage, &random)
    else { throw .diverged("statistics of the network's maps are not finite") }
    let directions = FloatRows(space.directions().map { $0.map(Float.init) })
    let centres = centres(directions, found, labels)
    return TemperatureScaling.temperature(
      logits(directions.picking(hidden), centres), labels: hidden.map { descriptors.labels[$0] })
  }
}
