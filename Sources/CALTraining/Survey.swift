import CALImage
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
    let layout = ParameterLayout(options.spec, prototypes: prototypes)
    let starts = Dictionary(
      uniqueKeysWithValues: layout.entries.map { ($0.parameter.name, $0.range) })
    let executor = try networkResult { () throws(NetworkError) in
      let network = try Network(spec: options.spec, kernels: options.kernels) { parameter in
        starts[parameter.name].map { Array(parameters[$0]) } ?? []
      }
      return try Executor(network: network, threads: options.threads)
    }
    let rows = Array(parameters.suffix(prototypes * options.spec.featureCount))
    let job = SurveyJob(images, source, options, rows: rows, workers: executor.workers)
    executor.run(count: images.count, job: job)
    if let missing = job.missingImage { throw .image(missing) }

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

private final class SurveyJob: ImageJob {
  struct Answer: Sendable {
    var prediction = 0
    var probability: Float = 0
  }

  private let images: [Int]
  private let source: ImageSource
  private let rows: [Float]
  private let makers: [Maker]
  private let collected: Mutex<(answers: [Answer], missing: Int?)>

  private final class Maker {
    var preprocessor: Preprocessor
    init(_ preprocessor: Preprocessor) { self.preprocessor = preprocessor }
  }

  init(
    _ images: [Int], _ source: ImageSource, _ options: TrainingOptions, rows: [Float], workers: Int
  ) {
    self.images = images
    self.source = source
    self.rows = rows
    makers = (0..<workers).map { _ in
      Maker(
        Preprocessor(
          size: options.spec.inputSize, mean: options.mean, deviation: options.deviation))
    }
    collected = Mutex((Array(repeating: Answer(), count: images.count), nil))
  }

  var answers: [Answer] { collected.withLock { $0.answers } }
  var missingImage: Int? { collected.withLock { $0.missing } }

  override func prepare(image: Int, worker: Int, input: inout MutableSpan<Float>) -> Bool {
    let isThere = source.withImage(images[image], worker: worker) { pixels, layout, crop in
      makers[worker].preprocessor.prepare(pixels, layout, crop: crop, into: &input)
    }
    if !isThere { collected.withLock { $0.missing = images[image] } }
    return isThere
  }

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
    collected.withLock { $0.answers[image] = found }
  }
}
