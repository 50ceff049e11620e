/// The sizes of a bank of prototypes: `rows` vectors of `features` numbers, the first `known` of
/// which belong to the known classes; and the geometry of its rows, in double precision.
public struct PrototypeRows: Sendable, Equatable {
  public var rows: Int
  public var features: Int
  public var known: Int

  public init(rows: Int, features: Int, known: Int) {
    self.rows = rows
    self.features = features
    self.known = known
  }

  public func check() throws(LearningError) {
    try CALLearning.check(rows, in: 1...LearningLimit.classes, "rows")
    try CALLearning.check(features, in: 1...LearningLimit.features, "features")
    guard 0...rows ~= known else {
      throw LearningError("known is \(known), but there are \(rows) rows")
    }
  }

  /// Euclidean length of each row.
  func norms(_ prototypes: Span<Float>) -> [Double] {
    (0..<rows).map { dot(prototypes, $0, $0).squareRoot() }
  }

  /// The anchor of the highest cosine similarity to `row`, the first one of equals. A row
  /// without a direction is as near to one as to another.
  func nearest(
    to row: Int, among anchors: [Int], _ prototypes: Span<Float>, _ norms: [Double]
  ) -> Int {
    var best = anchors[0]
    var bestCosine = -Double.infinity
    for anchor in anchors {
      let scale = norms[row] * norms[anchor]
      let cosine = scale > 0 ? dot(prototypes, row, anchor) / scale : 0
      if cosine > bestCosine { (best, bestCosine) = (anchor, cosine) }
    }
    return best
  }

  private func dot(_ prototypes: Span<Float>, _ a: Int, _ b: Int) -> Double {
    var sum = 0.0
    for f in 0..<features {
      sum += Double(prototypes[a * features + f]) * Double(prototypes[b * features + f])
    }
    return sum
  }
}
