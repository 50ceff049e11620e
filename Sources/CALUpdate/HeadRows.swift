import CALModel

/// The prototypes in use as a commit changes them: the known ones first, which stay as they are,
/// then the novel ones. The only place that knows how logits come about.
struct HeadRows: Sendable {
  let ids: [UInt64]
  let known: Int
  let width: Int
  /// ids.count x width.
  var vectors: [Float]
  private let temperature: Double

  init(_ prototypes: [Prototype], width: Int, temperature: Float) {
    let known = prototypes.filter { $0.kind == .known }
    let rows = known + prototypes.filter { $0.kind == .novel }
    ids = rows.map(\.id)
    self.known = known.count
    self.width = width
    vectors = rows.flatMap(\.vector)
    self.temperature = Double(temperature)
  }

  subscript(row: Int) -> [Float] { Array(vectors[row * width..<(row + 1) * width]) }

  /// As the model's probabilities see them, divided by its temperature.
  func logits(of feature: [Float]) -> [Float] {
    ids.indices.map { row in
      let logit = dot(
        feature.span, vectors.span.extracting(row * width..<(row + 1) * width))
      return Float(Double(logit) / temperature)
    }
  }

  /// The first row of the largest logit.
  func top(of feature: [Float]) -> Int {
    let logits = logits(of: feature)
    var best = 0
    for row in logits.indices where logits[row] > logits[best] { best = row }
    return best
  }

  /// Adds d loss / d vectors for one image's d loss / d logits; for the novel rows only.
  func addGradient(_ logits: ArraySlice<Float>, of feature: [Float], to gradient: inout [Float]) {
    for row in known..<ids.count {
      let factor = Float(Double(logits[logits.startIndex + row]) / temperature)
      guard factor != 0 else { continue }
      for f in 0..<width { gradient[row * width + f] += factor * feature[f] }
    }
  }

  func length(_ row: Int) -> Double {
    self[row].reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  /// Keeps the row's direction.
  mutating func setLength(_ length: Double, _ row: Int) {
    let own = self.length(row)
    guard own > 0 else { return }
    for f in row * width..<(row + 1) * width {
      vectors[f] = Float(Double(vectors[f]) * length / own)
    }
  }
}
