#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The temperature with which probabilities say how often they are right (C. Guo, G. Pleiss,
/// Y. Sun, K. Weinberger, "On calibration of modern neural networks", ICML 2017): that of the
/// lowest mean negative log-likelihood of images that have labels, and had no part in making the
/// logits.
public enum TemperatureScaling {
  /// Logits per nat.
  public static let range = 0.02...20.0

  /// 1 without images. `logits` has a row per image.
  public static func temperature(_ logits: [[Double]], labels: [Int]) -> Double {
    guard !logits.isEmpty else { return 1 }
    // The likelihood is convex in 1 / temperature, so the slope has one change of sign.
    var (low, high) = (1 / range.upperBound, 1 / range.lowerBound)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      let slope = zip(logits, labels).reduce(0) { sum, image in
        sum + moments(image.0, middle).mean - image.0[image.1]
      }
      if slope < 0 { low = middle } else { high = middle }
    }
    return min(max(2 / (low + high), range.lowerBound), range.upperBound)
  }

  /// Of one image.
  public static func largestProbability(_ logits: [Double], _ temperature: Double) -> Double {
    1 / moments(logits, 1 / temperature).sum
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
