/// Loops over numbers, in one order of additions each.

func dot(_ a: [Double], _ b: [Double]) -> Double {
  a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { b in dot(a, b, count: a.count) } }
}

/// Of the first `count` numbers. Four sums at a time, eight numbers wide: one sum alone would wait
/// for its own last addition.
func dot(
  _ a: UnsafeBufferPointer<Double>, _ b: UnsafeBufferPointer<Double>, count: Int
) -> Double {
  guard let x = a.baseAddress, let y = b.baseAddress else { return 0 }
  var (first, second) = (SIMD4<Double>(), SIMD4<Double>())
  var (third, fourth) = (SIMD4<Double>(), SIMD4<Double>())
  var i = 0
  while i + 16 <= count {
    first += four(x + i) * four(y + i)
    second += four(x + i + 4) * four(y + i + 4)
    third += four(x + i + 8) * four(y + i + 8)
    fourth += four(x + i + 12) * four(y + i + 12)
    i += 16
  }
  var sum = ((first + second) + (third + fourth)).sum()
  while i < count {
    sum += x[i] * y[i]
    i += 1
  }
  return sum
}

/// The order of additions is that of `dot`.
func squaredDistance(_ a: [Double], _ b: [Double]) -> Double {
  a.withUnsafeBufferPointer { a in
    b.withUnsafeBufferPointer { b in
      guard let x = a.baseAddress, let y = b.baseAddress else { return 0 }
      var sums = (SIMD4<Double>(), SIMD4<Double>(), SIMD4<Double>(), SIMD4<Double>())
      func square(_ i: Int) -> SIMD4<Double> {
        let difference = four(x + i) - four(y + i)
        return difference * difference
      }
      var i = 0
      while i + 16 <= a.count {
        sums.0 += square(i)
        sums.1 += square(i + 4)
        sums.2 += square(i + 8)
        sums.3 += square(i + 12)
        i += 16
      }
      var sum = ((sums.0 + sums.1) + (sums.2 + sums.3)).sum()
      while i < a.count {
        sum += (x[i] - y[i]) * (x[i] - y[i])
        i += 1
      }
      return sum
    }
  }
}

private func four(_ values: UnsafePointer<Double>) -> SIMD4<Double> {
  UnsafeRawPointer(values).loadUnaligned(as: SIMD4<Double>.self)
}

/// target += factor * vector.
func add(_ vector: [Double], times factor: Double, to target: inout [Double]) {
  vector.withUnsafeBufferPointer { from in
    target.withUnsafeMutableBufferPointer { to in add(from, times: factor, to: to, count: to.count)
    }
  }
}

func add(
  _ vector: UnsafeBufferPointer<Double>, times factor: Double,
  to target: UnsafeMutableBufferPointer<Double>, count: Int
) {
  guard let from = vector.baseAddress, let to = target.baseAddress else { return }
  for i in 0..<count { to[i] += factor * from[i] }
}

/// To length 1; zero stays zero.
func normalise(_ vector: inout [Double]) {
  let length = dot(vector, vector).squareRoot()
  guard length > 0 else { return }
  for i in vector.indices { vector[i] /= length }
}

func meanVector(_ vectors: [[Double]]) -> [Double] {
  var sum = Array(repeating: 0.0, count: vectors.first?.count ?? 0)
  for vector in vectors { add(vector, times: 1, to: &sum) }
  for c in sum.indices { sum[c] /= Double(vectors.count) }
  return sum
}
