/// A symmetric matrix, as its lower triangle in rows of full length.
struct SymmetricMatrix {
  let size: Int
  var values: [Double]

  init(size: Int) {
    self.size = size
    values = Array(repeating: 0, count: size * size)
  }

  /// Adds the product of a vector with itself.
  mutating func addSquare(of vector: [Double]) {
    let size = size
    values.withUnsafeMutableBufferPointer { to in
      vector.withUnsafeBufferPointer { from in
        for i in 0..<size where from[i] != 0 {
          let scale = from[i]
          let row = i * size
          for j in 0...i { to[row + j] += scale * from[j] }
        }
      }
    }
  }

  mutating func scale(by factor: Double) {
    for i in values.indices { values[i] *= factor }
  }

  var trace: Double { (0..<size).reduce(0) { $0 + values[$1 * size + $1] } }

  /// (1 - share) of this matrix, and `share` of the multiple of the identity with its trace.
  mutating func shrink(_ share: Double) {
    let mean = trace / Double(size)
    scale(by: 1 - share)
    for i in 0..<size { values[i * size + i] += share * mean }
  }

  func times(_ vector: [Double]) -> [Double] {
    var product = Array(repeating: 0.0, count: size)
    values.withUnsafeBufferPointer { from in
      for i in 0..<size {
        let row = i * size
        var sum = 0.0
        for j in 0..<i {
          sum += from[row + j] * vector[j]
          product[j] += from[row + j] * vector[i]
        }
        product[i] += sum + from[row + i] * vector[i]
      }
    }
    return product
  }
}

/// L of a positive definite matrix L L^T (Cholesky).
struct TriangularFactor {
  private let size: Int
  private var values: [Double]

  /// nil if the matrix is not positive definite.
  init?(_ matrix: SymmetricMatrix) {
    let size = matrix.size
    self.size = size
    values = matrix.values
    let isDefinite = values.withUnsafeMutableBufferPointer { to in
      for i in 0..<size {
        for j in 0...i {
          var sum = to[i * size + j]
          for k in 0..<j { sum -= to[i * size + k] * to[j * size + k] }
          if i == j {
            guard sum > 0 else { return false }
            to[i * size + i] = sum.squareRoot()
          } else {
            to[i * size + j] = sum / to[j * size + j]
          }
        }
      }
      return true
    }
    guard isDefinite else { return nil }
  }

  /// L^-1 vector.
  func solve(_ vector: [Double]) -> [Double] {
    var x = vector
    values.withUnsafeBufferPointer { from in
      for i in 0..<size {
        var sum = x[i]
        for k in 0..<i { sum -= from[i * size + k] * x[k] }
        x[i] = sum / from[i * size + i]
      }
    }
    return x
  }

  /// L^-T vector.
  func solveTransposed(_ vector: [Double]) -> [Double] {
    var x = vector
    values.withUnsafeBufferPointer { from in
      for i in stride(from: size - 1, through: 0, by: -1) {
        x[i] /= from[i * size + i]
        for k in 0..<i { x[k] -= from[i * size + k] * x[i] }
      }
    }
    return x
  }
}
