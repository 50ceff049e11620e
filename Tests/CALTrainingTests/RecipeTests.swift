import CALImage
import CALLearning
import CALModel
import CALNetwork
import Testing

@testable import CALTraining

/// What the recipes make of a network and of its head.
@Suite struct RecipeTests {
  private let source = Stripes(count: 40, known: 2, classes: 4)

  private func trainer(_ recipe: Recipe, start: Model? = nil) throws -> Trainer {
    var options = TrainerTests.options(recipe)
    options.epochs = 2
    return try Trainer(options, source: source, start: start)
  }

  private func model(_ trainer: Trainer) throws -> Model {
    let bytes = try trainer.model(.init(names: ["one", "two"], provenance: Provenance()))
    return try Model(bytes: bytes.span.bytes)
  }

  private func lengths(_ rows: [[Float]]) -> [Double] {
    rows.map { $0.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
  }

  private func rows(_ trainer: Trainer) -> [[Float]] {
    let (state, width) = (trainer.checkpoint, trainer.options.spec.featureCount)
    let all = Array(state.learner.parameters.suffix(state.prototypes * width))
    return (0..<state.prototypes).map { Array(all[$0 * width..<($0 + 1) * width]) }
  }

  @Test func valuesOfTheRecipes() {
    let published = TrainerTests.options(.paper)
    #expect(published.spec.neck == .batchNorm(epsilon: 1e-5))
    #expect(published.weightDecay == 1e-3 && published.objective.ccrWeight == 0.2)
    #expect(published.objective.teacherTemperature == 0.1)
    let own = TrainerTests.options(.default)
    #expect(own.spec.neck == .batchNormUnit(epsilon: 1e-5))
    #expect(own.weightDecay == 1e-4 && own.objective.ccrWeight == 1)
    #expect(own.objective.teacherTemperature == 0.5)
  }

  @Test func firstRows() throws {
    #expect(lengths(rows(try trainer(.default))).allSatisfy { abs($0 - 1) < 1e-6 })
    // Normal with deviation 0.001, 8 numbers each.
    #expect(lengths(rows(try trainer(.paper))).allSatisfy { 1e-4..<1e-2 ~= $0 })
  }

  /// PyTorch's start of a convolution: within +- 1 / sqrt(fan in), and not much less.
  @Test func firstValuesOfTheGate() throws {
    let trainer = try trainer(.paper)
    let (options, values) = (trainer.options, trainer.checkpoint.learner.parameters)
    let layout = ParameterLayout(options.spec, prototypes: options.prototypes)
    let gate = layout.entries.filter { $0.parameter.name.hasPrefix("ffe.") }
    #expect(gate.count == 4)
    for entry in gate {
      let isFirst = entry.parameter.name.hasPrefix("ffe.0.")
      let bound = 1 / Float(9 * (isFirst ? 3 : 16)).squareRoot()
      let largest = values[entry.range].map(abs).max() ?? 0
      #expect(largest <= bound, "\(entry.parameter.name)")
      if entry.range.count > 15 { #expect(largest > 0.7 * bound, "\(entry.parameter.name)") }
    }
  }

  @Test func aNetworkThatNoModelFileHoldsIsRefused() throws {
    let stages = (0..<4).map { i in
      NetworkSpec.Stage(
        blocks: i == 3 ? 200 : 1, innerChannels: 2048 << i, outChannels: 2048 << i,
        stride: i == 0 ? 1 : 2)
    }
    let spec = NetworkSpec(
      block: .basic, stem: .init(kernel: 3, stride: 1, channels: 2048, maxPool: false),
      stages: stages, ffe: nil, neck: .batchNorm(epsilon: 1e-5), inputSize: 8)
    let options = TrainingOptions(recipe: .paper, spec: spec, known: 2, prototypes: 4)
    let error = #expect(throws: LearningError.self) { try options.check() }
    #expect(error?.description.contains("parameters, more than a model file") == true)
  }

  /// Its features are made of statistics, its prototypes are centres of methods, and it knows what
  /// features calibration images have.
  @Test func aModelOfTheDefaultRecipe() throws {
    let trainer = try trainer(.default)
    try trainer.run { _ in true }
    let model = try model(trainer)
    #expect(model.spec.neck.takesStatistics)
    #expect(1...128 ~= model.spec.featureCount)
    #expect(lengths(model.bank.prototypes.map(\.vector)).allSatisfy { abs($0 - 10) < 1e-4 })
    #expect(TemperatureScaling.range.contains(Double(model.decision.temperature)))
    // A model file has images of every prototype that has any, known ones first.
    #expect(model.calibration.map(\.id).prefix(2) == [0, 1])
    let labelled = (0..<source.count).filter { source.label(of: $0) == 1 }
    #expect(model.calibration[1].features.count == min(labelled.count / 2, 32))
    let found = try features(of: labelled, model)
    for given in model.calibration[1].features {
      let same = found.count { own in zip(given, own).allSatisfy { abs($0 - $1) < 1e-4 } }
      #expect(same == 1)
    }
    let images = model.bank.prototypes.filter { $0.usage > 0 && $0.kind == .novel }.map(\.id)
    #expect(model.calibration.map(\.id).dropFirst(2) == images[...])
    let known = model.bank.prototypes[1].vector
    let other = model.bank.prototypes[0].vector
    func cosine(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let hits = found.count { cosine($0, known) > cosine($0, other) }
    #expect(hits == found.count)
  }

  private func features(of images: [Int], _ model: Model) throws -> [[Float]] {
    let job = FeatureJob(images, source, model)
    try Executor(network: try model.network(for: .best), threads: 1).run(
      count: images.count, job: job)
    return job.features
  }

  /// The model of a training that goes on is that of the training that was stopped there.
  @Test func theModelDependsOnTheStateAlone() throws {
    let first = try trainer(.default)
    try first.run { $0.epoch < 1 }
    let second = try Trainer(first.options, source: source, state: first.checkpoint)
    #expect(try model(first).digest == model(second).digest)
  }

  @Test func aModelOfThePaperKeepsItsRows() throws {
    let trainer = try trainer(.paper)
    try trainer.run { _ in true }
    let model = try model(trainer)
    #expect(model.spec.neck == .batchNorm(epsilon: 1e-5))
    #expect(model.bank.prototypes.map(\.vector) == rows(trainer))
  }

  /// The default recipe puts its neck on the backbone of any model; the paper's takes the model's.
  @Test(arguments: [
    NetworkSpec.Neck.none, .batchNorm(epsilon: 1e-3), .batchNormUnit(epsilon: 1e-3),
  ])
  func startingFromAModel(_ neck: NetworkSpec.Neck) throws {
    var options = TrainerTests.options(.paper)
    options.spec.neck = neck
    options.epochs = 1
    let first = try Trainer(options, source: source)
    try first.run { _ in true }
    let start = try model(first)
    #expect(start.spec.neck == neck)
    for recipe in Recipe.allCases {
      let options = TrainingOptions(recipe: recipe, spec: start.spec, known: 2, prototypes: 8)
      #expect(
        options.spec.neck
          == (recipe == .paper ? neck : .batchNormUnit(epsilon: neck.epsilon ?? 1e-5)))
      let trainer = try Trainer(options, source: source, start: start)
      let layout = ParameterLayout(options.spec, prototypes: 8)
      for entry in layout.entries where entry.parameter.name != ParameterLayout.prototypesName {
        let values = Array(trainer.checkpoint.learner.parameters[entry.range])
        let given = start.values(of: entry.parameter)
        #expect(values == given || given.isEmpty, "\(entry.parameter.name)")
        if given.isEmpty {
          #expect(entry.parameter.name.hasPrefix("neck.") && neck == .none)
          let isOne = [".weight", ".running_var"].contains { entry.parameter.name.hasSuffix($0) }
          #expect(values.allSatisfy { $0 == (isOne ? 1 : 0) })
        }
      }
    }
  }

  /// What was made behind training is not trained.
  @Test func startingFromAModelWithStatistics() throws {
    let first = try trainer(.default)
    try first.run { _ in true }
    let start = try model(first)
    for recipe in Recipe.allCases {
      let options = TrainingOptions(recipe: recipe, spec: start.spec, known: 2, prototypes: 8)
      #expect(
        options.spec.neck
          == (recipe == .paper ? .batchNorm(epsilon: 1e-5) : .batchNormUnit(epsilon: 1e-5)))
      let trainer = try Trainer(options, source: source, start: start)
      let layout = ParameterLayout(options.spec, prototypes: 8)
      for entry in layout.entries where entry.parameter.name.hasPrefix("backbone") {
        #expect(
          Array(trainer.checkpoint.learner.parameters[entry.range])
            == start.values(of: entry.parameter))
      }
    }
  }
}

/// Collects the features of some of a source's images.
private final class FeatureJob: ImageJob {
  private let images: [Int]
  private let source: Stripes
  private var preprocessor: Preprocessor
  private(set) var features: [[Float]]

  init(_ images: [Int], _ source: Stripes, _ model: Model) {
    self.images = images
    self.source = source
    preprocessor = Preprocessor(
      size: model.preprocessing.size, mean: model.preprocessing.mean,
      deviation: model.preprocessing.deviation)
    features = images.map { _ in [] }
  }

  override func prepare(image: Int, worker: Int, input: inout MutableSpan<Float>) -> Bool {
    source.withImage(images[image], worker: worker) { pixels, layout, crop in
      preprocessor.prepare(pixels, layout, crop: crop, into: &input)
    }
  }

  override func finish(image: Int, worker: Int, features: Span<Float>, map: Span<Float>) {
    self.features[image] = (0..<features.count).map { features[$0] }
  }
}
