/// The leading eigenvectors of a symmetric operator without negative eigenvalues, in order, as many
/// as asked for or as have an eigenvalue that is more than rounding: by
/// orthogonal iteration of a block that is wider than asked for, and then a Rayleigh-Ritz step in
/// it (G. Golub, C. Van Loan, "Matrix Computations", sections 8.2 and 8.7). The widest axes come out
/// sharp, the last ones as good as clusters need them.
enum PrincipalAxes {
  private static let iterations = 8
  private static let oversampling = 32
  /// Of the largest eigenvalue: below it an axis is rounding noise, which images that are met later
  /// would be measured along.
  private static let negligible = 1e-9

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
    let images = basis.map(apply)
    let small = basis.map { row in images.map { dot(row, $0) } }
    let rotation = RotationMethod(small)
    let widest = rotation.values.first ?? 0
    let sound = max(rotation.values.count { $0 > negligible * widest }, 1)
    return rotation.vectors.prefix(min(count, sound)).map { weights in
      var axis = Array(repeating: 0.0, count: size)
      for (weight, vector) in zip(weights, basis) { add(vector, times: weight, to: &axis) }
      return axis
    }
  }

  /// Gram-Schmidt, twice, which is enough. A vector that vanishes stays zero.
  private static func orthonormalise(_ basis: inout [[Double]]) {
    for i in basis.indices {
      for _ in 0..<2 {
        for j in 0..<i { add(basis[j], times: -dot(basis[i], basis[j]), to: &basis[i]) }
      }
      normalise(&basis[i])
    }
  }
}

/// All eigenvectors of a small symmetric matrix, and their eigenvalues, by Jacobi's rotations (G. Golub, C. Van Loan,
/// "Matrix Computations", section 8.5), those of the largest eigenvalues first.
struct RotationMethod {
  private(set) var vectors: [[Double]]
  private(set) var values: [Double] = []

  private static let sweeps = 12

  init(_ matrix: [[Double]]) {
    let size = matrix.count
    var a = matrix
    vectors = (0..<size).map { i in (0..<size).map { $0 == i ? 1 : 0 } }
    for _ in 0..<RotationMethod.sweeps {
      for p in 0..<size { for q in p + 1..<max(size, p + 1) { rotate(&a, p, q) } }
    }
    let order = (0..<size).sorted { (-a[$0][$0], $0) < (-a[$1][$1], $1) }
    vectors = order.map { vectors[$0] }
    values = order.map { a[$0][$0] }
  }

  /// Makes a[p][q] 0.
  private mutating func rotate(_ a: inout [[Double]], _ p: Int, _ q: Int) {
    let scale = abs(a[p][p]) + abs(a[q][q])
    guard abs(a[p][q]) > 1e-15 * scale else { return }
    let theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
    let t = (theta < 0 ? -1 : 1) / (abs(theta) + (theta * theta + 1).squareRoot())
    let c = 1 / (t * t + 1).squareRoot()
    let s = t * c
    for k in a.indices {
      let (x, y) = (a[k][p], a[k][q])
      a[k][p] = c * x - s * y
      a[k][q] = s * x + c * y
    }
    RotationMethod.turn(&a, p, q, c, s)
    RotationMethod.turn(&vectors, p, q, c, s)
  }

  private static func turn(_ rows: inout [[Double]], _ p: Int, _ q: Int, _ c: Double, _ s: Double) {
    for k in rows[p].indices {
      let (x, y) = (rows[p][k], rows[q][k])
      rows[p][k] = c * x - s * y
      rows[q][k] = s * x + c * y
    }
  }
}
