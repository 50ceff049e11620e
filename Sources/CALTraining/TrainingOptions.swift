import CALLearning
import CALModel
import CALNetwork

/// Everything about a training that is chosen.
public struct TrainingOptions: Sendable, Equatable {
  public let recipe: Recipe
  public var spec: NetworkSpec
  /// Of the images: one number for each of red, green and blue, in units of 0...1.
  public var mean: [Float] = [0.485, 0.456, 0.406]
  public var deviation: [Float] = [0.229, 0.224, 0.225]
  /// Classes that labelled images have: 0 to known - 1.
  public var known: Int
  /// Prototypes to start with, the known ones included.
  public var prototypes: Int
  /// Whether the number of methods is not known: prototypes are pruned, and discovery finds it.
  public var prunes = false
  public var epochs = 50
  public var batchSize = 128
  public var learningRate = 2e-4
  /// nil: the recipe's own.
  public var schedule: Schedule?
  public var weightDecay: Double
  /// Share of the features that dropout sets to 0.
  public var dropout = 0.2
  public var views = ViewSettings.paper
  /// Weights and thresholds of the objective; its recipe, epoch and gamma_n are the training's.
  public var objective = ObjectiveSettings()
  /// Of the default recipe.
  public var discovery = Discovery.Settings()
  /// See `Pruning.Settings`.
  public var coverage = 0.9544
  public var validation = ValidationSettings()
  public var seed: UInt64 = 1
  public var threads = 1
  public var kernels = KernelSet.best

  /// With the recipe's own network and values. Default: a unit neck, whatever the network's own
  /// is, and the teacher, weight of CCR and weight decay that go with its logits; published: the
  /// network and values as they are.
  public init(recipe: Recipe = .default, spec: NetworkSpec, known: Int, prototypes: Int) {
    self.recipe = recipe
    self.spec = spec
    // Made after training, not in it.
    if spec.neck.takesStatistics { self.spec.neck = .batchNorm(epsilon: spec.normEpsilon) }
    self.known = known
    self.prototypes = prototypes
    weightDecay = 1e-3
    if recipe == .default {
      self.spec.neck = .batchNormUnit(epsilon: spec.neck.epsilon ?? spec.normEpsilon)
      weightDecay = 1e-4
      objective.teacherTemperature = 0.5
      objective.ccrWeight = 1
    }
  }

  public static let dropouts = 0.0...0.9

  public func check() throws(LearningError) {
    try CALLearning.check(known, in: 0...LearningLimit.classes, "known")
    try CALLearning.check(
      prototypes, in: max(known, 1)...LearningLimit.classes, "number of prototypes")
    let parameters = ParameterLayout(spec, prototypes: prototypes).count
    guard parameters <= Limit.fileSize / MemoryLayout<Float>.size else {
      throw LearningError(
        "the network has \(parameters) parameters, more than a model file of \(Limit.fileSize)"
          + " bytes holds")
    }
    try CALLearning.check(epochs, in: 1...1_000_000, "epochs")
    try CALLearning.check(batchSize, in: Sampler.batchSizes, "batch_size")
    try CALLearning.check(learningRate, in: 0...1e3, "learning_rate")
    try schedule?.check()
    try CALLearning.check(dropout, in: TrainingOptions.dropouts, "dropout")
    try views.check()
    try CALLearning.check(coverage, in: 1e-6...1, "coverage")
    try validation.check()
    try objectiveSettings(epoch: 0, novelThreshold: nil).check()
    try adamSettings.check()
  }

  /// Default: half a cosine over all epochs, without warm-up.
  func schedule(stepsPerEpoch: Int) -> Schedule {
    if let schedule { return schedule }
    return recipe == .paper
      ? .paper : .cosine(warmUp: 0, steps: epochs * stepsPerEpoch, floor: 0)
  }

  /// Whether methods are looked for when this epoch has ended: in the default recipe after five
  /// twelfths of the training, when the network tells methods apart, and again after each seventh,
  /// as it does so better; the last fifth is left to learn what was found.
  func discovers(endOf epoch: Int) -> Bool {
    guard recipe == .default, epochs > 1 else { return false }
    let first = max(5 * epochs / 12, 1)
    let done = epoch + 1
    return done >= first && 5 * done <= 4 * epochs && (done - first) % max(epochs / 7, 1) == 0
  }

  var adamSettings: Adam.Settings {
    var settings = Adam.Settings()
    settings.weightDecay = weightDecay
    return settings
  }

  func objectiveSettings(epoch: Int, novelThreshold: Double?) -> ObjectiveSettings {
    var settings = objective
    settings.recipe = recipe
    settings.epoch = epoch
    settings.epochs = epochs
    settings.novelThreshold = novelThreshold
    // By default labels come from discovery alone: while a network is young, what it is sure of
    // is not yet right.
    if recipe == .default { settings.pseudoEpoch = epochs }
    return settings
  }
}
