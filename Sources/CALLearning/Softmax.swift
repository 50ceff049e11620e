#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// softmax(logits / temperature) of one row after another, in double precision.
///
/// The largest logit is subtracted first, so no exponential overflows and the sum is at least
/// 1: every logarithm is finite for every finite row, whatever its scale.
struct Softmax {
  let temperature: Double
  private(set) var probabilities: [Double]
  private(set) var logProbabilities: [Double]
  /// The class of the largest logit, the first one of equals.
  private(set) var top = 0

  init(classes: Int, temperature: Double) {
    self.temperature = temperature
    probabilities = Array(repeating: 0, count: classes)
    logProbabilities = probabilities
  }

  var topProbability: Double { probabilities[top] }

  /// Reads row `row` of `logits`, which has as many columns as there are classes.
  mutating func read(_ logits: Span<Float>, row: Int) {
    let classes = probabilities.count
    let start = row * classes
    top = 0
    for c in 1..<max(classes, 1) where logits[start + c] > logits[start + top] { top = c }
    let largest = Double(logits[start + top])
    var sum = 0.0
    for c in 0..<classes {
      let exponent = (Double(logits[start + c]) - largest) / temperature
      logProbabilities[c] = exponent
      probabilities[c] = exp(exponent)
      sum += probabilities[c]
    }
    let logSum = log(sum)
    for c in 0..<classes {
      logProbabilities[c] -= logSum
      probabilities[c] /= sum
    }
  }

  /// -sum of target * log softmax.
  func crossEntropy(_ target: [Double]) -> Double {
    var sum = 0.0
    for c in 0..<target.count { sum -= target[c] * logProbabilities[c] }
    return sum
  }

  /// gradient += weight * d/dlogits of the cross entropy with the distribution `target`.
  func addGradient(_ weight: Double, target: [Double], to gradient: inout [Double]) {
    let weight = weight / temperature
    for c in 0..<gradient.count { gradient[c] += weight * (probabilities[c] - target[c]) }
  }

  /// The same for the distribution that is all on one class.
  func addGradient(_ weight: Double, class target: Int, to gradient: inout [Double]) {
    let weight = weight / temperature
    for c in 0..<gradient.count { gradient[c] += weight * probabilities[c] }
    gradient[target] -= weight
  }
}
