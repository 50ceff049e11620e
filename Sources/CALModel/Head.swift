#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The head: from a feature vector to logits, probabilities and a verdict. Nothing here
/// allocates, and every sum has one fixed order, so that an image gets the same bits alone or
/// in a batch and on any thread.

extension Bank {
  /// logits[r] = features . row r of `matrix`, for each prototype in use. false if a logit is
  /// not finite, or a span has the wrong length (`featureCount`, `active.count`).
  public func logits(of features: Span<Float>, into logits: inout MutableSpan<Float>) -> Bool {
    guard features.count == featureCount, logits.count == active.count else { return false }
    var finite = true
    let rows = matrix.span
    for row in 0..<active.count {
      let start = row * featureCount
      let logit = dot(features, rows.extracting(start..<start + featureCount))
      logits[row] = logit
      finite = finite && logit.isFinite
    }
    return finite
  }
}

/// The sum of a[i] * b[i] in this order: sixteen partial sums, number k over the i with
/// i % 16 == k; these pairwise, upper half onto lower half; then the last count % 16 products
/// one by one. Product and sum are rounded separately (no fused multiply-add), so that it is
/// the same on every CPU. The spans must have the same length.
package func dot(_ a: Span<Float>, _ b: Span<Float>) -> Float {
  let vectors = a.count / 16
  return a.withUnsafeBytes { a in
    b.withUnsafeBytes { b in
      var sums = SIMD16<Float>()
      for v in 0..<vectors {
        let x = a.loadUnaligned(fromByteOffset: 64 * v, as: SIMD16<Float>.self)
        let y = b.loadUnaligned(fromByteOffset: 64 * v, as: SIMD16<Float>.self)
        sums = x * y + sums
      }
      let eight = sums.lowHalf + sums.highHalf
      let four = eight.lowHalf + eight.highHalf
      let two = four.lowHalf + four.highHalf
      var sum = two.x + two.y
      for offset in stride(from: 64 * vectors, to: a.count, by: 4) {
        let x = a.loadUnaligned(fromByteOffset: offset, as: Float.self)
        let y = b.loadUnaligned(fromByteOffset: offset, as: Float.self)
        sum = x * y + sum
      }
      return sum
    }
  }
}

/// What the top prototype says of an image.
public enum Verdict: Int32, Sendable {
  case undetermined = 0
  case known = 1
  case novel = 2
}

extension Decision {
  /// probabilities = softmax(logits / temperature), in double precision, with the largest logit
  /// subtracted first: no exponential overflows. The logits must be finite. false if the spans
  /// differ in length.
  public func probabilities(
    of logits: Span<Float>, into probabilities: inout MutableSpan<Float>
  ) -> Bool {
    guard logits.count == probabilities.count else { return false }
    var largest = -Float.infinity
    for row in 0..<logits.count { largest = max(largest, logits[row]) }
    var sum = 0.0
    for row in 0..<logits.count {
      let weight = exp((Double(logits[row]) - Double(largest)) / Double(temperature))
      probabilities[row] = Float(weight)
      sum += weight
    }
    for row in 0..<logits.count {
      probabilities[row] = Float(Double(probabilities[row]) / sum)
    }
    return true
  }

  /// The rule of cal.h, VERDICT, for the kind and probability of the top prototype.
  public func verdict(top kind: Prototype.Kind, probability: Float) -> Verdict {
    switch kind {
    case .known where probability >= knownThreshold: .known
    case .novel where probability >= novelThreshold: .novel
    default: .undetermined
    }
  }
}
