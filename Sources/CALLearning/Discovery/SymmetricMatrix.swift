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
          let row = UnsafeMutableBufferPointer(rebasing: to[i * size..<(i + 1) * size])
          add(from, times: from[i], to: row, count: i + 1)
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
    product.withUnsafeMutableBufferPointer { product in
      vector.withUnsafeBufferPointer { vector in
        for i in 0..<size {
          withRow(i) { row in
            product[i] += dot(row, vector, count: i + 1)
            add(row, times: vector[i], to: product, count: i)
          }
        }
      }
    }
    return product
  }

  private func withRow(_ i: Int, _ body: (UnsafeBufferPointer<Double>) -> Void) {
    values.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[i * size..<(i + 1) * size]))
    }
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
      let rows = UnsafeBufferPointer(to)
      func row(_ i: Int) -> UnsafeBufferPointer<Double> {
        UnsafeBufferPointer(rebasing: rows[i * size..<(i + 1) * size])
      }
      for i in 0..<size {
        for j in 0...i {
          let sum = to[i * size + j] - dot(row(i), row(j), count: j)
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
    x.withUnsafeMutableBufferPointer { x in
      for i in 0..<size {
        withRow(i) { row in x[i] = (x[i] - dot(row, UnsafeBufferPointer(x), count: i)) / row[i] }
      }
    }
    return x
  }

  /// L^-T vector.
  func solveTransposed(_ vector: [Double]) -> [Double] {
    var x = vector
    x.withUnsafeMutableBufferPointer { x in
      for i in stride(from: size - 1, through: 0, by: -1) {
        withRow(i) { row in
          x[i] /= row[i]
          add(row, times: -x[i], to: x, count: i)
        }
      }
    }
    return x
  }

  private func withRow(_ i: Int, _ body: (UnsafeBufferPointer<Double>) -> Void) {
    values.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[i * size..<(i + 1) * size]))
    }
  }
}
