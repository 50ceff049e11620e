/// Which statement of the method is computed (docs/METHOD.md).
public enum Recipe: Int32, Sendable, CaseIterable {
  /// The published computation with its defects repaired.
  case `default` = 0
  /// The published computation, number for number.
  case paper = 1
}
