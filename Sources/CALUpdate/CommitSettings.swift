/// What a commit asks of a new method, and of itself.
public struct CommitSettings: Sendable, Equatable {
  /// Different images that a method is founded on, at least.
  public var founders = 10
  /// How far a method is from everything else, at least, in units of the groups' spread
  /// (`Separation`): 2.7 is a normal cloud cut in two, 3.5 a uniform one.
  public var separation = 4.0
  /// Images whose features have this cosine or more count as one founder.
  public var duplicate = 0.999
  /// Share of the stored calibration images that may lose their right answer.
  public var knownLoss = 0.01
  /// Of pruning (`Pruning.Settings`). 1: only prototypes that nothing uses go. Less would take
  /// young methods, whose few images are the tail of usage beside old methods' many, although
  /// each had to pass its own test.
  public var coverage = 1.0

  public init() {}

  /// What to ask of groups of `Strangers`, which have been told from everything else already: that
  /// two of them have more between them than a cloud that was cut.
  var forStrangers: CommitSettings {
    var settings = self
    settings.separation = min(separation, 3.5)
    return settings
  }

  func check() throws(UpdateError) {
    try CALUpdate.check(founders, in: 2...1_000_000, "founders")
    try CALUpdate.check(separation, in: 0...1e6, "separation")
    try CALUpdate.check(duplicate, in: 0.5...1, "duplicate")
    try CALUpdate.check(knownLoss, in: 0...1, "known_loss")
    try CALUpdate.check(coverage, in: 1e-6...1, "coverage")
  }
}
