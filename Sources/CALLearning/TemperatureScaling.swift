#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The temperature with which probabilities say how often they are right (C. Guo, G. Pleiss,
/// Y. Sun, K. Weinberger, "On calibration of modern neural networks", ICML 2017): that of the
/// lowest mean cross entropy of images that have labels, and had no part in making the logits.
///
/// A label of n images counts (n + 1) / (n + 2), and the other classes share the rest (J. Platt,
/// "Probabilistic outputs for support vector machines", 1999, section 2.2): images that are all
/// right say that errors are rare, not that there are none, and without it their temperature has no
/// lower bound.
public enum TemperatureScaling {
  /// Logits per nat.
  public static let range = 0.02...20.0

  /// 1 without images. `logits` has a row per image.
  public static func temperature(_ logits: [[Double]], labels: [Int]) -> Double {
    guard !logits.isEmpty else { return 1 }
    let wanted = zip(logits, labels).reduce(0) { sum, image in
      sum + expectation(image.0, label: image.1, doubt: 1 / Double(logits.count + 2))
    }
    // The cross entropy is convex in 1 / temperature, so its slope has one change of sign.
    var (low, high) = (1 / range.upperBound, 1 / range.lowerBound)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      let slope = logits.reduce(0) { $0 + moments($1, middle).mean } - wanted
      if slope < 0 { low = middle } else { high = middle }
    }
    return min(max(2 / (low + high), range.lowerBound), range.upperBound)
  }

  /// Of one image.
  public static func largestProbability(_ logits: [Double], _ temperature: Double) -> Double {
    1 / moments(logits, 1 / temperature).sum
  }

  /// The mean logit, if the label has all but the doubt and the other classes share that.
  private static func expectation(_ row: [Double], label: Int, doubt: Double) -> Double {
    guard row.count > 1 else { return row[label] }
    let others = (row.reduce(0, +) - row[label]) / Double(row.count - 1)
    return row[label] + doubt * (others - row[label])
  }

  /// Of probabilities proportional to exp(s z): the mean of z, and 1 divided by the largest.
  private static func moments(_ row: [Double], _ s: Double) -> (mean: Double, sum: Double) {
    let top = row.max() ?? 0
    var (sum, weighted) = (0.0, 0.0)
    for z in row {
      let e = exp(s * (z - top))
      sum += e
      weighted += e * z
    }
    return (weighted / sum, sum)
  }
}
