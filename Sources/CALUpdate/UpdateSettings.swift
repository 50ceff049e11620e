/// What a state is made with, for as long as it lives. States of the same settings merge.
public struct UpdateSettings: Sendable, Equatable, CustomStringConvertible {
  /// Which images are sampled.
  public var seed: UInt64 = 0
  /// Images kept of those that nothing explains well.
  public var reservoir = 8192
  /// Images kept of those that a prototype explains, for each prototype.
  public var samples = 256

  public init() {}

  func check() throws(UpdateError) {
    try CALUpdate.check(reservoir, in: 16...1_048_576, "reservoir")
    try CALUpdate.check(samples, in: 4...65_536, "samples")
  }

  public var description: String {
    "seed \(seed), reservoir \(reservoir), samples \(samples)"
  }
}
