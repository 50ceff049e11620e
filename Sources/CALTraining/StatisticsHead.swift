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
  /// Features of some images of each prototype: labelled ones of known classes.
  let calibration: [[[Float]]]

  /// Enough for methods that are met later: what these differ in is not among the widest axes.
  private static let dimensions = 128
  /// Share of the unlabelled images that are left without a verdict, so that methods which no
  /// prototype stands for are noticed.
  private static let undetermined = 0.05

  init(
    _ descriptors: Descriptors, statistics: Int, _ options: TrainingOptions
  ) throws(TrainingError) {
    let labels = descriptors.labels
    let held = StatisticsHead.heldOut(labels, options.known)
    let (space, found) = try descriptors.discovery(
      options, .final, dimensions: StatisticsHead.dimensions, tries: 5, epoch: options.epochs,
      hidden: Set(held.flatMap { $0 }))
    projection = space.projection(statistics: statistics)
    dimensions = space.dimensions
    let directions = FloatRows(space.directions().map { $0.map(Float.init) })
    let centres = StatisticsHead.centres(directions, found, labels, held)
    rows = (0..<centres.count).map { centres[$0].map { 10 * $0 } }
    let clusters = (0..<centres.count).map { row in
      labels.indices.filter { labels[$0] < 0 && found.clusters[$0] == row }
    }
    usage = clusters.map { UInt64($0.count) }
    calibration = (0..<centres.count).map { row in
      let own = clusters[row]
      let images =
        row < options.known ? held[row] : CalibrationClass.chosen(of: own.count).map { own[$0] }
      return images.map { directions[$0] }
    }
    let images = held.flatMap { $0 }
    let temperature = TemperatureScaling.temperature(
      StatisticsHead.logits(directions.picking(images), centres), labels: images.map { labels[$0] })
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

  /// Labelled images of each known class that neither space nor prototypes are made from: images by
  /// which a space is whitened lie nearer to their centres in it than any others, and so say nothing
  /// of how sure an answer is, nor of what images that arrive later are like.
  private static func heldOut(_ labels: [Int], _ known: Int) -> [[Int]] {
    (0..<known).map { label in
      let images = labels.indices.filter { labels[$0] == label }
      return CalibrationClass.chosen(of: images.count, atMost: images.count / 2).map { images[$0] }
    }
  }

  /// Mean directions; 0 for a cluster without images. Of a known class those with its label are
  /// enough, if there are any: what joined them may be a method that is like it.
  private static func centres(
    _ directions: FloatRows, _ found: Discovery, _ labels: [Int], _ held: [[Int]]
  ) -> FloatRows {
    let isLabelled = Set(labels)
    let isHeld = Set(held.flatMap { $0 })
    let clusters = found.clusters.indices.map { image in
      let cluster = found.clusters[image]
      guard isLabelled.contains(cluster) || labels[image] >= 0 else { return cluster }
      return isHeld.contains(image) ? -1 : labels[image]
    }
    let none = Array(repeating: Float(0), count: directions.width)
    return SphericalMeans.means(
      directions, clusters, FloatRows(Array(repeating: none, count: found.count)))
  }
}
