/// The numbers of the objective that are chosen, not learned, with the published defaults.
public struct ObjectiveSettings: Sendable, Equatable {
  public var recipe = Recipe.default
  /// The current epoch, from 0, of `epochs`: CCR's curriculum goes by their quotient.
  public var epoch = 0
  public var epochs = 50
  /// ACR is off before this epoch.
  public var pseudoEpoch = 5
  /// A prediction of a known class becomes a label from this probability on.
  public var gamma = 0.9
  /// gamma_n, the same for novel classes; nil: before the first `nextNovelThreshold`.
  public var novelThreshold: Double?
  /// The least that gamma_n becomes in the default recipe; nil: a tenth of gamma.
  public var thresholdFloor: Double?
  /// tau_t, of the weak view as CCR's target.
  public var teacherTemperature = 0.1
  /// tau_s, of every other softmax.
  public var studentTemperature = 1.0
  /// Of CCR in the total.
  public var ccrWeight = 0.2

  public init() {}

  public func check() throws(LearningError) {
    try CALLearning.check(epochs, in: 1...1_000_000, "epochs")
    try CALLearning.check(epoch, in: 0...1_000_000, "epoch")
    guard epoch < epochs else {
      throw LearningError("epoch is \(epoch), but there are \(epochs) epochs, counted from 0")
    }
    try CALLearning.check(gamma, in: 1e-6...1, "gamma")
    try CALLearning.check(currentNovelThreshold, in: 0...10, "novel_threshold")
    try CALLearning.check(currentFloor, in: 0...gamma, "threshold_floor")
    try CALLearning.check(teacherTemperature, in: 1e-3...1e3, "teacher_temperature")
    try CALLearning.check(studentTemperature, in: 1e-3...1e3, "student_temperature")
    try CALLearning.check(ccrWeight, in: 0...1e6, "ccr_weight")
  }

  /// lambda, the share of the curriculum that is done.
  var progress: Double { Double(epoch + 1) / Double(epochs) }

  /// Whether the curriculum goes by how sure rows are beside each other. As published it goes by
  /// the teacher's confidence, which is 1 for nearly all of them: the teacher is cold.
  var ccrIsRanked: Bool { recipe == .default }

  var acrIsOn: Bool { epoch >= pseudoEpoch }

  /// The published code begins with 0, so that in the first epoch of ACR every novel prediction
  /// becomes a label. The default recipe begins with the threshold of the known classes.
  var currentNovelThreshold: Double { novelThreshold ?? (recipe == .paper ? 0 : gamma) }

  /// Whether ACR trains both views. The default recipe has one temperature for all that the
  /// student says, so `measured` is the weak view there.
  var acrIsShared: Bool { recipe == .default }

  var currentFloor: Double { thresholdFloor ?? gamma / 10 }

  /// Of the confidence statistics and of ACR's cross entropy. The published code leaves tau_s
  /// out of both while ACR selects with it; the default recipe has one temperature for all.
  var confidenceTemperature: Double { recipe == .paper ? 1 : studentTemperature }
}
