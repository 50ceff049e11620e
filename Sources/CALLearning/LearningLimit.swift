/// Bounds on what a caller may ask for. They keep every product of sizes far from overflow and
/// the scratch memory of a call bounded; cal.h states the same numbers.
public enum LearningLimit {
  /// Images of one batch or one evaluation.
  public static let samples = 16_777_216
  /// Prototypes, which are classes: known ones and novel ones.
  public static let classes = 4096
  /// Floats of a prototype.
  public static let features = 16_384
  /// Numbers that a network learns.
  public static let parameters = 1_000_000_000
}
