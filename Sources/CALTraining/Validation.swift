import CALLearning

/// What is done with labelled images that are held out.
public struct ValidationSettings: Sendable, Equatable {
  /// Of the labelled images of each class, to be held out by the training itself; 0: only those
  /// that its source says are.
  public var share = 0.0
  /// So many epochs in a row without a higher accuracy end the training; 0: none do.
  public var patience = 0
  /// Whether the model is that of the epoch with the highest accuracy, the first of equals;
  /// otherwise that of the last.
  public var keepsBest = false

  public init() {}

  static let shares = 0.0...0.9

  public func check() throws(LearningError) {
    try CALLearning.check(share, in: ValidationSettings.shares, "validation")
    try CALLearning.check(patience, in: 0...1_000_000, "patience")
  }
}

/// What held-out images said after each epoch, as far as it still matters: part of a training's
/// state.
public struct ValidationRecord: Sendable, Equatable {
  /// Of a network in evaluation mode, over the held-out images.
  public struct Figures: Sendable, Equatable {
    /// The share whose largest logit is that of their class, among all prototypes.
    public var accuracy: Double
    /// The mean of the largest probability.
    public var confidence: Double

    public init(accuracy: Double, confidence: Double) {
      self.accuracy = accuracy
      self.confidence = confidence
    }
  }

  /// A network and its head as they were.
  public struct Kept: Sendable, Equatable {
    public var parameters: [Float]
    public var prototypes: Int
    /// As `TrainingState.lastUsage`.
    public var usage: [UInt64]
  }

  /// Of the latest epoch that ended; nil: none has, or nothing is held out.
  public var last: Figures?
  /// The epoch with the highest accuracy, the first of equals.
  public var bestEpoch: Int?
  public var bestAccuracy = 0.0
  /// What it ended with, if that is to become the model.
  public var kept: Kept?

  /// Whether `patience` is at its end when so many epochs have ended.
  func isOut(of patience: Int, after epochs: Int) -> Bool {
    guard patience > 0, let bestEpoch else { return false }
    return epochs - 1 - bestEpoch >= patience
  }
}

extension TrainingState {
  /// `epoch` has just ended, with this survey of the held-out images.
  mutating func validate(_ figures: ValidationRecord.Figures, epoch: Int, keepsBest: Bool) {
    validation.last = figures
    guard validation.bestEpoch == nil || figures.accuracy > validation.bestAccuracy else { return }
    validation.bestEpoch = epoch
    validation.bestAccuracy = figures.accuracy
    guard keepsBest else { return }
    validation.kept = .init(
      parameters: learner.parameters, prototypes: prototypes, usage: lastUsage)
  }
}

extension Survey {
  /// Of images with these classes.
  func figures(_ labels: [Int?]) -> ValidationRecord.Figures {
    let count = Double(max(predictions.count, 1))
    let hits = zip(predictions, labels).count { $0.0 == $0.1 }
    let sum = probabilities.reduce(0.0) { $0 + Double($1) }
    return .init(accuracy: Double(hits) / count, confidence: sum / count)
  }
}
