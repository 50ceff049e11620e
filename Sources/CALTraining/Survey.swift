import CALLearning
import CALNetwork
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What a network says of images in evaluation mode.
public struct Survey: Sendable {
  /// Per image: the prototype with the largest logit, and its probability.
  public let predictions: [Int]
  public let probabilities: [Float]
  /// Images of each prototype.
  public let usage: [UInt64]
  public let confidence: Confidence

  init(
    _ images: [Int], of source: ImageSource, _ parameters: [Float], _ prototypes: Int,
    _ options: TrainingOptions
  ) throws(TrainingError) {
    let rows = options.spec.headRows(
      Array(parameters.suffix(prototypes * options.spec.featureCount)))
    let job = SurveyJob(images, source, options, rows: rows)
    try job.run(parameters, prototypes: prototypes, options, statistics: false)

    let answers = job.answers
    predictions = answers.map(\.prediction)
    probabilities = answers.map(\.probability)
    var usage = [UInt64](repeating: 0, count: prototypes)
    var confidence = Confidence()
    for answer in answers {
      usage[answer.prediction] += 1
      confidence.add(Double(answer.probability), isKnown: answer.prediction < options.known)
    }
    self.usage = usage
    self.confidence = confidence
  }
}

private final class SurveyJob: SourceJob {
  struct Answer: Sendable {
    var prediction = 0
    var probability: Float = 0
  }

  private let rows: [Float]
  private let collected: Mutex<[Answer]>

  init(_ images: [Int], _ source: ImageSource, _ options: TrainingOptions, rows: [Float]) {
    self.rows = rows
    collected = Mutex(Array(repeating: Answer(), count: images.count))
    super.init(images, source, options)
  }

  var answers: [Answer] { collected.withLock { $0 } }

  override func finish(image: Int, worker: Int, features: Span<Float>, map: Span<Float>) {
    let logits = (0..<rows.count / features.count).map { k in
      var sum: Float = 0
      for c in 0..<features.count { sum += features[c] * rows[k * features.count + c] }
      return sum
    }
    var answer = Answer()
    for k in logits.indices where logits[k] > logits[answer.prediction] { answer.prediction = k }
    let largest = Double(logits[answer.prediction])
    let total = logits.reduce(0) { $0 + exp(Double($1) - largest) }
    answer.probability = Float(1 / total)
    let found = answer
    collected.withLock { $0[image] = found }
  }
}
