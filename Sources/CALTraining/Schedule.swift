import CALLearning

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// How the learning rate changes while training goes on: pure functions of epoch and step.
public enum Schedule: Sendable, Equatable {
  /// Multiplied by `factor` after every so many epochs: PyTorch's StepLR. The rate is the same
  /// to the last bit, as it comes from repeated multiplication there too.
  case step(epochs: Int, factor: Double)
  /// Rises linearly over `warmUp` steps (P. Goyal et al., "Accurate, large minibatch SGD", 2017,
  /// section 2.2), is at its full height in the step after, and falls along half a cosine
  /// (I. Loshchilov and F. Hutter, "SGDR", ICLR 2017, equation 5, without restarts). From step
  /// `steps` on it is `floor`, a share of the full height.
  case cosine(warmUp: Int, steps: Int, floor: Double)

  /// The published schedule.
  public static let paper = Schedule.step(epochs: 10, factor: 0.05)

  public func check() throws(LearningError) {
    switch self {
    case .step(let epochs, let factor):
      try CALLearning.check(epochs, in: 1...1_000_000, "schedule's epochs")
      try CALLearning.check(factor, in: 0...1, "schedule's factor")
    case .cosine(let warmUp, let steps, let floor):
      try CALLearning.check(steps, in: 1...Schedule.maximumSteps, "schedule's steps")
      try CALLearning.check(warmUp, in: 0...steps, "schedule's warm_up")
      try CALLearning.check(floor, in: 0...1, "schedule's floor")
    }
  }

  /// The learning rate of one optimiser step.
  ///
  /// - Parameters:
  ///   - base: its full height.
  ///   - epoch: from 0.
  ///   - step: of the whole training, from 0.
  public func rate(_ base: Double, epoch: Int, step: Int) -> Double {
    switch self {
    case .step(let epochs, let factor):
      var rate = base
      for _ in 0..<max(epoch / epochs, 0) where rate > 0 { rate *= factor }
      return rate
    case .cosine(let warmUp, let steps, let floor):
      if step < warmUp { return base * Double(step + 1) / Double(warmUp + 1) }
      if step >= steps { return base * floor }
      let progress = Double(step - warmUp) / Double(steps - warmUp)
      return base * (floor + (1 - floor) * (1 + cos(.pi * progress)) / 2)
    }
  }

  private static let maximumSteps = 1_000_000_000_000
}
