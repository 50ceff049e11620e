#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// One step of Adam (D. P. Kingma and J. Ba, ICLR 2015, algorithm 1) with L2 regularisation that
/// is part of the gradient, not decoupled from it. Formulas, their order and their single
/// precision are those of PyTorch's `torch.optim.Adam` (`_single_tensor_adam`, 2.13):
///
///     g = gradient + weightDecay * parameter
///     m = m + (1 - beta1) * (g - m)
///     v = beta2 * v + (1 - beta2) * g * g
///     parameter -= rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + epsilon)
///
/// What depends on t alone is in double precision. Every number is updated on its own, so the
/// result does not depend on how a vector is cut into pieces.
public struct Adam: Sendable {
  /// With the published values.
  public struct Settings: Sendable, Equatable {
    /// Decay of the mean of the gradients, m.
    public var beta1 = 0.9
    /// Decay of the mean of their squares, v.
    public var beta2 = 0.999
    public var epsilon = 1e-8
    /// Of L2: half of its product with the squared parameters is added to the objective.
    public var weightDecay = 1e-3

    public init() {}

    public func check() throws(LearningError) {
      try CALLearning.check(beta1, in: 0...0.999999, "beta1")
      try CALLearning.check(beta2, in: 0...0.99999999, "beta2")
      try CALLearning.check(epsilon, in: 1e-30...1, "epsilon")
      try CALLearning.check(weightDecay, in: 0...1e3, "weight_decay")
    }
  }

  private let meanWeight, squareDecay, squareWeight, squareRoot: Float
  private let epsilon, weightDecay, stepSize: Float

  /// - Parameters:
  ///   - rate: learning rate of this step.
  ///   - step: t, the number of this step, from 1.
  public init(_ settings: Settings, rate: Double, step: Int) throws(LearningError) {
    try settings.check()
    try check(rate, in: 0...1e3, "learning_rate")
    try check(step, in: 1...Int.max, "step")
    meanWeight = Float(1 - settings.beta1)
    squareDecay = Float(settings.beta2)
    squareWeight = Float(1 - settings.beta2)
    squareRoot = Float((1 - pow(settings.beta2, Double(step))).squareRoot())
    epsilon = Float(settings.epsilon)
    weightDecay = Float(settings.weightDecay)
    stepSize = Float(rate / (1 - pow(settings.beta1, Double(step))))
  }

  /// Updates the parameters that are trained, and their moments m and v, which start as 0. The
  /// lengths are all `trained.count`; false if one is not.
  public func update(
    _ parameters: inout MutableSpan<Float>, gradients: Span<Float>,
    mean: inout MutableSpan<Float>, square: inout MutableSpan<Float>, trained: TrainedRanges
  ) -> Bool {
    let count = trained.count
    guard parameters.count == count, gradients.count == count, mean.count == count,
      square.count == count
    else { return false }
    parameters.withUnsafeMutableBufferPointer { parameters in
      gradients.withUnsafeBufferPointer { gradients in
        mean.withUnsafeMutableBufferPointer { mean in
          square.withUnsafeMutableBufferPointer { square in
            for range in trained.ranges {
              update(range, parameters, gradients, mean, square)
            }
          }
        }
      }
    }
    return true
  }

  /// Buffers, whose indices are not checked one by one: `update` has checked their lengths.
  private func update(
    _ range: Range<Int>, _ parameters: UnsafeMutableBufferPointer<Float>,
    _ gradients: UnsafeBufferPointer<Float>, _ mean: UnsafeMutableBufferPointer<Float>,
    _ square: UnsafeMutableBufferPointer<Float>
  ) {
    for i in range {
      let gradient = gradients[i] + weightDecay * parameters[i]
      mean[i] += meanWeight * (gradient - mean[i])
      square[i] = squareDecay * square[i] + squareWeight * gradient * gradient
      let scale = square[i].squareRoot() / squareRoot + epsilon
      parameters[i] -= stepSize * mean[i] / scale
    }
  }
}
