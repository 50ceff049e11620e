#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The un-normalised DCT-II of length n as an n x n matrix, and its inverse. Made in double
/// precision and rounded once.
enum CosineBasis {
  /// F[k] = 2 sum over i of x[i] cos(pi (2i + 1) k / 2n). Row k, column i.
  static func forward(_ n: Int) -> [Float] {
    matrix(n) { k, i in 2 * cosine(k, i, n) }
  }

  /// x[i] = (F[0] / 2 + sum over k > 0 of F[k] cos(pi (2i + 1) k / 2n)) / n. Row i, column k.
  static func inverse(_ n: Int) -> [Float] {
    matrix(n) { i, k in (k == 0 ? 0.5 : cosine(k, i, n)) / Double(n) }
  }

  /// cos(pi (2i + 1) k / 2n): row k, column i.
  static func plain(_ n: Int) -> [Float] { matrix(n) { k, i in cosine(k, i, n) } }

  /// 1 / (2 cos(pi (i + 1/2) / n)), of Lee's recursion.
  static func factor(_ i: Int, _ n: Int) -> Float {
    Float(1 / (2 * cos(Double.pi * (Double(i) + 0.5) / Double(n))))
  }

  private static func matrix(_ n: Int, _ entry: (Int, Int) -> Double) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(n * n)
    for row in 0..<n {
      for column in 0..<n { values.append(Float(entry(row, column))) }
    }
    return values
  }

  private static func cosine(_ k: Int, _ i: Int, _ n: Int) -> Double {
    cos(Double.pi * Double((2 * i + 1) * k) / Double(2 * n))
  }
}

func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
