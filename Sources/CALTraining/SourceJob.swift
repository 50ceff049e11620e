import CALImage
import CALNetwork
import Synchronization

/// A pass over images of a source in evaluation mode.
class SourceJob: ImageJob {
  let images: [Int]
  private let source: ImageSource
  private let makers: [Maker]
  private let missing = Mutex<Int?>(nil)

  private final class Maker {
    var preprocessor: Preprocessor
    init(_ preprocessor: Preprocessor) { self.preprocessor = preprocessor }
  }

  init(_ images: [Int], _ source: ImageSource, _ options: TrainingOptions) {
    self.images = images
    self.source = source
    makers = (0..<options.threads).map { _ in
      Maker(
        Preprocessor(
          size: options.spec.inputSize, mean: options.mean, deviation: options.deviation))
    }
  }

  /// Passes the images through the network with these parameters.
  final func run(
    _ parameters: [Float], prototypes: Int, _ options: TrainingOptions, statistics: Bool
  ) throws(TrainingError) {
    let layout = ParameterLayout(options.spec, prototypes: prototypes)
    let starts = Dictionary(
      uniqueKeysWithValues: layout.entries.map { ($0.parameter.name, $0.range) })
    let executor = try networkResult { () throws(NetworkError) in
      let network = try Network(
        spec: options.spec, kernels: options.kernels, statistics: statistics
      ) { parameter in
        starts[parameter.name].map { Array(parameters[$0]) } ?? []
      }
      return try Executor(network: network, threads: options.threads)
    }
    executor.run(count: images.count, job: self)
    if let image = missing.withLock({ $0 }) { throw .image(image) }
  }

  override func prepare(image: Int, worker: Int, input: inout MutableSpan<Float>) -> Bool {
    let isThere = source.withImage(images[image], worker: worker) { pixels, layout, crop in
      makers[worker].preprocessor.prepare(pixels, layout, crop: crop, into: &input)
    }
    if !isThere { missing.withLock { $0 = images[image] } }
    return isThere
  }
}
