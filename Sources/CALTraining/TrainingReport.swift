import CALLearning

/// How far a training is. `terms` are those of the step that ended; nil at the end of an epoch.
public struct TrainingReport: Sendable {
  public let epoch, epochs: Int
  /// Steps done in the epoch.
  public let step, steps: Int
  public let terms: Objective.Terms?
  /// gamma_n; nil before the first is known.
  public let novelThreshold: Double?
  public let prototypes: Int
  /// Of the step that ended, at the end of an epoch of its last one.
  public let learningRate: Double
  /// At the end of an epoch, if images are held out.
  public let validation: ValidationRecord.Figures?
  public let bestEpoch: Int?
  /// No step will follow.
  public let isFinished: Bool
}
