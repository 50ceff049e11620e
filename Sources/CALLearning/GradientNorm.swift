/// The Euclidean length of all gradients together.
public enum GradientNorm {
  /// Scales the trained gradients down if they are longer than `limit` together, by
  /// limit / (length + 1e-6) as PyTorch's `clip_grad_norm_` does, and returns their length before.
  /// nil if `gradients` has another length than `trained.count`.
  ///
  /// If the length is not finite, some gradient is not either: all stay as they are, and no step
  /// should be made with them. `limit` is above 0; infinity measures only.
  public static func clip(
    _ gradients: inout MutableSpan<Float>, to limit: Double, trained: TrainedRanges
  ) -> Double? {
    guard gradients.count == trained.count else { return nil }
    // In double precision, so that squares of single precision cannot overflow.
    var sum = 0.0
    for range in trained.ranges {
      for i in range {
        let gradient = Double(gradients[i])
        sum += gradient * gradient
      }
    }
    let length = sum.squareRoot()
    let scale = Float(limit / (length + 1e-6))
    if length.isFinite && scale < 1 {
      for range in trained.ranges { for i in range { gradients[i] *= scale } }
    }
    return length
  }
}
