import CALDigest
import CALLearning
import CALModel
import CALNetwork

/// A training from its start, or from a checkpoint, to its end. Used by one thread at a time.
public final class Trainer {
  public let options: TrainingOptions
  public private(set) var state: TrainingState
  private let source: ImageSource
  private let labelled, unlabelled: [Int]
  /// Not trained on, but looked at after each epoch.
  private let heldOut: [Int]
  private let sampler: Sampler
  private var views: BatchViews
  private var learner: Learner

  /// What a step or an epoch was like; returning false ends `run` after it.
  public typealias Progress = (TrainingReport) -> Bool

  /// From random weights, or with those of a model that has the network of `options` but for,
  /// maybe, its neck; its prototypes are not taken over.
  public convenience init(
    _ options: TrainingOptions, source: ImageSource, start: Model? = nil
  ) throws(TrainingError) {
    try trainingResult { () throws(LearningError) in try options.check() }
    let layout = ParameterLayout(options.spec, prototypes: options.prototypes)
    var values = Initialiser.parameters(options.spec, layout, seed: options.seed)
    if let start {
      let given = Set(start.spec.parameters.map(\.name))
      for entry in layout.entries where given.contains(entry.parameter.name) {
        values.replaceSubrange(entry.range, with: start.values(of: entry.parameter))
      }
    }
    try self.init(options, source: source, state: TrainingState(options, parameters: values))
  }

  /// `state` is that of a training with the same options and source.
  public init(
    _ options: TrainingOptions, source: ImageSource, state: TrainingState
  ) throws(TrainingError) {
    self.options = options
    self.source = source
    self.state = state
    let images = try trainingResult { () throws(LearningError) in
      try options.check()
      return try TrainingImages(source, options)
    }
    labelled = images.labelled
    unlabelled = images.unlabelled
    heldOut = images.heldOut
    let sampler = try trainingResult { () throws(LearningError) in
      try Sampler(
        labelled: images.labelled, unlabelled: images.unlabelled, batchSize: options.batchSize,
        seed: options.seed)
    }
    self.sampler = sampler
    views = try trainingResult { () throws(LearningError) in
      try BatchViews(source, options, sampler, workers: options.threads)
    }
    learner = try Trainer.learner(options, state)
  }

  private static func learner(
    _ options: TrainingOptions, _ state: TrainingState
  ) throws(TrainingError) -> Learner {
    let network = try networkResult { () throws(NetworkError) in
      try TrainingNetwork(
        spec: options.spec, prototypes: state.prototypes, images: options.batchSize,
        kernels: options.kernels, threads: options.threads)
    }
    return try trainingResult { () throws(LearningError) in
      try Learner(network, known: options.known, state: state.learner)
    }
  }

  public var imageCount: Int { source.count }

  /// Images that it validates with.
  public var heldOutCount: Int { heldOut.count }

  /// Of the images' labels, in order, and of which are held out.
  var labelDigest: Digest { TrainingImages.digest(source, heldOut: heldOut) }

  func parameterCount(prototypes: Int) -> Int {
    ParameterLayout(options.spec, prototypes: prototypes).count
  }

  /// Goes on from another state of the same training.
  public func resume(_ state: TrainingState) throws(TrainingError) {
    learner = try Trainer.learner(options, state)
    self.state = state
  }

  /// All epochs have ended, or validation has found that the rest is not worth it.
  public var isFinished: Bool {
    state.epoch >= options.epochs
      || state.validation.isOut(of: options.validation.patience, after: state.epoch)
  }
  public var stepsPerEpoch: Int { sampler.steps }

  /// Trains until the last epoch has ended or `progress` returns false. Can be called again.
  public func run(_ progress: Progress) throws(TrainingError) {
    while !isFinished {
      while state.step < sampler.steps {
        let terms = try step()
        if !progress(report(terms)) { return }
      }
      let ended = state.epoch
      try finishEpoch()
      if !progress(report(nil, endOf: ended)) { return }
    }
  }

  private func step() throws(TrainingError) -> Objective.Terms {
    let images = views.begin(epoch: state.epoch, step: state.step)
    let known = images.map { state.knowledge(of: $0, label: source.label(of: $0)) }
    let settings = options.objectiveSettings(
      epoch: state.epoch, novelThreshold: state.novelThreshold)
    let rate = learningRate(epoch: state.epoch, step: state.step)
    let step: Learner.Step
    do throws(LearningError) {
      let adam = try Adam(options.adamSettings, rate: rate, step: learner.state.steps + 1)
      step = try learner.step(
        tags: known.map(\.tag), targets: known.map(\.target), job: views, settings: settings,
        adam: adam)
    } catch {
      if let image = views.missingImage { throw .image(image) }
      // Settings and labels were checked before: what is left are logits that are not finite.
      throw .diverged("epoch \(state.epoch), step \(state.step): \(error.description)")
    }
    state.count(step)
    state.step += 1
    return step.terms
  }

  private func learningRate(epoch: Int, step: Int) -> Double {
    options.schedule(stepsPerEpoch: sampler.steps)
      .rate(options.learningRate, epoch: epoch, step: epoch * sampler.steps + step)
  }

  /// All of it or, after an error, nothing.
  private func finishEpoch() throws(TrainingError) {
    let before = (state, learner)
    do throws(TrainingError) {
      try endEpoch()
      if !heldOut.isEmpty { try validate(epoch: before.0.epoch) }
    } catch {
      (state, learner) = before
      throw error
    }
  }

  /// The network as it is, which is what a model would be made of.
  private func validate(epoch: Int) throws(TrainingError) {
    state.learner = learner.state
    let figures = try survey(heldOut).figures(heldOut.map { source.label(of: $0) })
    guard figures.confidence.isFinite else {
      throw .diverged("epoch \(epoch), validation: the mean confidence is \(figures.confidence)")
    }
    state.validate(figures, epoch: epoch, keepsBest: options.validation.keepsBest)
  }

  private func endEpoch() throws(TrainingError) {
    state.learner = learner.state
    var settings = options.objectiveSettings(
      epoch: state.epoch, novelThreshold: state.novelThreshold)
    settings.epoch = min(settings.epoch, options.epochs - 1)
    let survey = options.recipe == .paper ? nil : try survey(unlabelled)
    var usage = survey?.usage ?? state.usage
    state.novelThreshold = try trainingResult { () throws(LearningError) in
      try settings.nextNovelThreshold(survey?.confidence ?? state.confidence)
    }
    if let survey, options.discovers(endOf: state.epoch) {
      usage = try discover(predictions: survey.predictions)
    } else if options.prunes && state.mayPrune(usage, options) {
      usage = try prune(usage)
    }
    state.startEpoch(state.epoch + 1, lastUsage: usage)
  }

  /// What the network as it is says of images, in evaluation mode.
  public func survey(_ images: [Int]) throws(TrainingError) -> Survey {
    try Survey(images, of: source, learner.state.parameters, state.prototypes, options)
  }

  /// The usage of what is left.
  private func prune(_ usage: [UInt64]) throws(TrainingError) -> [UInt64] {
    let pruned = try trainingResult { () throws(LearningError) in
      try state.pruned(usage: usage, options)
    }
    guard let pruned else { return usage }
    state = pruned.state
    learner = try Trainer.learner(options, state)
    return pruned.usage
  }

  /// New pseudo-labels, and the prototypes they speak of; returns their unlabelled images.
  private func discover(predictions: [Int]) throws(TrainingError) -> [UInt64] {
    let descriptors = try descriptors(
      state.learner.parameters, state.prototypes, withFeatures: true)
    let found = try descriptors.discovery(
      options, options.discovery, dimensions: options.discovery.dimensions, tries: 1,
      epoch: state.epoch
    ).found
    state.take(
      found, descriptors,
      predictions: Dictionary(uniqueKeysWithValues: zip(unlabelled, predictions)),
      imageCount: source.count, options)
    learner = try Trainer.learner(options, state)
    return found.usage
  }

  /// Of all images that it trains on.
  func descriptors(
    _ parameters: [Float], _ prototypes: Int, withFeatures: Bool
  ) throws(TrainingError) -> Descriptors {
    try Descriptors(
      (labelled + unlabelled).sorted(), of: source, parameters: parameters,
      prototypes: prototypes, options, withFeatures: withFeatures)
  }

  private func report(_ terms: Objective.Terms?, endOf ended: Int? = nil) -> TrainingReport {
    let (epoch, done) = ended.map { ($0, sampler.steps) } ?? (state.epoch, state.step)
    return TrainingReport(
      epoch: epoch, epochs: options.epochs, step: state.step, steps: sampler.steps,
      terms: terms, novelThreshold: state.novelThreshold, prototypes: state.prototypes,
      learningRate: learningRate(epoch: epoch, step: done - 1),
      validation: ended == nil ? nil : state.validation.last,
      bestEpoch: state.validation.bestEpoch, isFinished: isFinished)
  }

  /// What a model is made of.
  var modelState: ValidationRecord.Kept {
    state.validation.kept
      ?? .init(
        parameters: learner.state.parameters, prototypes: state.prototypes, usage: state.lastUsage)
  }

  /// The state as it is now, for a checkpoint.
  public var checkpoint: TrainingState {
    var state = state
    state.learner = learner.state
    return state
  }
}
