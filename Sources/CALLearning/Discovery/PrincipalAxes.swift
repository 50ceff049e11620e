/// The leading eigenvectors of a symmetric operator without negative eigenvalues, by orthogonal
/// iteration (G. Golub, C. Van Loan, "Matrix Computations", section 8.2): as good as clusters
/// need them, not to the last digit. In order of their eigenvalues, up to that precision.
enum PrincipalAxes {
  private static let iterations = 24
  private static let oversampling = 8

  static func find(
    _ count: Int, size: Int, _ random: inout Random, _ apply: ([Double]) -> [Double]
  ) -> [[Double]] {
    var basis = (0..<min(count + oversampling, size)).map { _ in
      (0..<size).map { _ in random.normal() }
    }
    orthonormalise(&basis)
    for _ in 0..<iterations {
      basis = basis.map(apply)
      orthonormalise(&basis)
    }
    return Array(basis.prefix(count))
  }

  /// Gram-Schmidt, twice, which is enough. A vector that vanishes stays zero.
  private static func orthonormalise(_ basis: inout [[Double]]) {
    for i in basis.indices {
      for _ in 0..<2 {
        for j in 0..<i {
          let overlap = dot(basis[i], basis[j])
          for c in basis[i].indices { basis[i][c] -= overlap * basis[j][c] }
        }
      }
      normalise(&basis[i])
    }
  }
}

func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for i in a.indices { sum += a[i] * b[i] }
  return sum
}

/// To length 1; zero stays zero.
func normalise(_ vector: inout [Double]) {
  let length = dot(vector, vector).squareRoot()
  guard length > 0 else { return }
  for i in vector.indices { vector[i] /= length }
}
