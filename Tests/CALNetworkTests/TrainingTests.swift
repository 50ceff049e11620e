import CALTestSupport
import Testing

@testable import CALNetwork

/// A batch on its way through a network in training.
struct TrainingStep {
  let random: RandomNetwork
  let prototypes: Int
  let images: Int
  let dropout: [Float]
  var parameters: [Float]
  let inputs: [[Float]]
  let logitGradients: [Float]

  init(_ random: RandomNetwork, seed: UInt64, images: Int, prototypes: Int) {
    var numbers = Chance(seed: seed &+ 5)
    self.random = random
    self.images = images
    self.prototypes = prototypes
    let features = random.spec.featureCount
    dropout = (0..<images * features).map { _ in
      Int.random(in: 0..<5, using: &numbers) == 0 ? 0 : 1.25
    }
    parameters = random.spec.parameters.flatMap { random.tensors[$0.name]! }
    parameters += (0..<prototypes * features).map { _ in numbers.uniform() }
    inputs = (0..<images).map { random.input(seed: seed &+ UInt64($0)) }
    logitGradients = (0..<images * prototypes).map { _ in numbers.uniform() }
  }

  struct Outcome: Equatable {
    var logits: [Float]
    var gradients: [Float]
    var parameters: [Float]
  }

  /// Both views see the same batch, the second in the other order.
  func run(_ kernels: KernelSet, threads: Int, views: Int = 1) throws -> Outcome {
    let network = try TrainingNetwork(
      spec: random.spec, prototypes: prototypes, images: images, views: views,
      kernels: kernels, threads: threads)
    var logits: [Float] = []
    var gradients = [Float](repeating: 0, count: parameters.count)
    var values = parameters
    network.begin(parameters: values, images: images, job: Pictures(inputs, dropout))
    for view in 0..<views {
      logits = network.forward(view: view, images: images, parameters: &values)
    }
    for view in 0..<views {
      network.backward(
        view: view, images: images, logitGradients: logitGradients, parameters: &values,
        gradients: &gradients)
    }
    return Outcome(logits: logits, gradients: gradients, parameters: values)
  }

  private final class Pictures: BatchJob {
    let inputs: [[Float]]
    let dropout: [Float]

    init(_ inputs: [[Float]], _ dropout: [Float]) {
      self.inputs = inputs
      self.dropout = dropout
    }

    /// The strong view of an image is the weak one of its opposite; a network of one view gets
    /// the weak one.
    override func prepare(
      image: Int, worker: Int, weak: inout MutableSpan<Float>, strong: inout MutableSpan<Float>
    ) {
      for i in 0..<strong.count { strong[i] = inputs[inputs.count - 1 - image][i] }
      for i in 0..<weak.count { weak[i] = inputs[image][i] }
    }

    override func dropOut(image: Int, view: Int, factors: inout MutableSpan<Float>) {
      for i in 0..<factors.count { factors[i] = dropout[image * factors.count + i] }
    }
  }
}

@Suite struct TrainingTests {
  /// Small enough for differences in double precision.
  static func network(_ seed: UInt64) -> RandomNetwork {
    var random = Chance(seed: seed &* 31 &+ 7)
    var spec = RandomNetwork(seed: seed).spec
    spec.inputSize = random.pick([9, 13, 16])
    spec.stages = spec.stages.prefix(2).map { stage in
      var stage = stage
      stage.innerChannels = random.pick([3, 8, 17])
      stage.outChannels = spec.block == .basic ? stage.innerChannels : 2 * stage.innerChannels
      return stage
    }
    return RandomNetwork(spec: spec, seed: seed)
  }

  @Test(arguments: UInt64(0)..<6)
  func gradientsAreThoseOfDifferences(seed: UInt64) throws {
    try compareWithDifferences(TrainingTests.network(seed), seed: seed)
  }

  @Test(arguments: UInt64(40)..<46)
  func gradientsOfCosinesAreThoseOfDifferences(seed: UInt64) throws {
    var spec = TrainingTests.network(seed).spec
    spec.neck = .batchNormUnit(epsilon: 1e-5)
    try compareWithDifferences(RandomNetwork(spec: spec, seed: seed), seed: seed)
  }

  /// Weight gradients by Winograd's algorithm: so few weights that parts of the batch have sums
  /// of their own, and so many that workers share the sums.
  @Test(arguments: [12, 40], [9, 14])
  func winogradGradientsAreThoseOfDifferences(channels: Int, side: Int) throws {
    let spec = NetworkSpec(
      block: .basic, stem: .init(kernel: 3, stride: 1, channels: channels, maxPool: false),
      stages: [.init(blocks: 1, innerChannels: channels, outChannels: channels, stride: 1)],
      ffe: nil, neck: .none, inputSize: side)
    try compareWithDifferences(RandomNetwork(spec: spec, seed: UInt64(channels)), seed: 3)
  }

  private func compareWithDifferences(_ random: RandomNetwork, seed: UInt64) throws {
    let step = TrainingStep(random, seed: seed, images: 3, prototypes: 5)
    let layout = ParameterLayout(step.random.spec, prototypes: step.prototypes)
    var reference = TrainingReference(
      spec: step.random.spec, layout: layout, parameters: step.parameters.map(Double.init))
    let inputs = step.inputs.map { $0.map(Double.init) }
    let dropout = step.dropout.map(Double.init)
    let expected = reference.logits(inputs, dropout: dropout).map(Float.init)
    func loss() -> Double {
      zip(reference.logits(inputs, dropout: dropout), step.logitGradients)
        .reduce(0) { $0 + $1.0 * Double($1.1) }
    }
    let outcomes = try fastSets.map { try step.run($0, threads: 2) }
    for outcome in outcomes { #expect(relativeError(outcome.logits, expected) < 2e-5) }

    var numbers = Chance(seed: seed)
    for entry in layout.entries where entry.isTrained {
      let place = Int.random(in: entry.range, using: &numbers)
      let scale = outcomes[0].gradients[entry.range].map(abs).max()!
      let value = reference.parameters[place]
      let nudge = 1e-6 * max(abs(value), 0.01)
      reference.parameters[place] = value + nudge
      let above = loss()
      reference.parameters[place] = value - nudge
      let slope = (above - loss()) / (2 * nudge)
      reference.parameters[place] = value
      for outcome in outcomes {
        let found = outcome.gradients[place]
        #expect(
          abs(Double(found) - slope) < 2e-3 * Double(scale) + 1e-5,
          "\(entry.parameter.name)[\(place - entry.range.lowerBound)]: \(found), not \(slope)")
      }
    }
  }

  @Test(arguments: UInt64(20)..<26)
  func bitsDoNotDependOnThreads(seed: UInt64) throws {
    let step = TrainingStep(RandomNetwork(seed: seed), seed: seed, images: 5, prototypes: 7)
    for kernels in fastSets {
      let one = try step.run(kernels, threads: 1, views: 2)
      #expect(one == (try step.run(kernels, threads: 3, views: 2)))
      #expect(one.gradients.allSatisfy { $0.isFinite })
    }
  }
}
