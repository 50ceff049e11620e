import CALLearning
import CALModel

/// The prototypes in use as a commit changes them: the known ones first, which stay as they are,
/// then the novel ones. The only place that knows how logits come about.
struct HeadRows: Sendable {
  /// A row and an image's product with it.
  struct Best: Sendable {
    var row = 0
    var product = -Float.infinity
  }

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

  /// As the model's probabilities see them, divided by its temperature: images x rows.
  func logits(of features: FloatRows) -> [Float] {
    rowProducts(features.values.span, vectors.span, width: width)
      .map { Float(Double($0) / temperature) }
  }

  /// The best known row for each image.
  func bestKnown(of features: [[Float]]) -> [Best] {
    best(of: features, rows: 0..<known, than: Array(repeating: Best(), count: features.count))
  }

  /// The row of the largest logit for each image, the first one of equals.
  func tops(of images: Cached.Images) -> [Int] {
    best(of: images.features, rows: known..<ids.count, than: images.bestKnown).map(\.row)
  }

  /// The best of the given row and of `rows`, which stand behind it.
  private func best(of features: [[Float]], rows: Range<Int>, than given: [Best]) -> [Best] {
    guard !rows.isEmpty else { return given }
    var best = given
    let vectors = vectors.span.extracting(rows.lowerBound * width..<rows.upperBound * width)
    for first in stride(from: 0, to: features.count, by: 256) {
      let part = FloatRows(features[first..<min(first + 256, features.count)])
      let products = rowProducts(part.values.span, vectors, width: width)
      for image in 0..<part.count {
        for (i, row) in rows.enumerated() {
          let product = products[image * rows.count + i]
          if product > best[first + image].product {
            best[first + image] = Best(row: row, product: product)
          }
        }
      }
    }
    return best
  }

  /// d loss / d vectors for some images' d loss / d logits, images x rows; for known rows it is 0.
  func gradient(_ logits: [Float], of features: FloatRows) -> [Float] {
    let (classes, images) = (ids.count, features.count)
    var factors: [Float] = []
    factors.reserveCapacity((classes - known) * images)
    for row in known..<classes {
      for image in 0..<images {
        factors.append(Float(Double(logits[image * classes + row]) / temperature))
      }
    }
    return [Float](repeating: 0, count: known * width)
      + rowProducts(factors.span, features.transposed.values.span, width: images)
  }

  func length(_ row: Int) -> Double {
    vectors[row * width..<(row + 1) * width].reduce(0.0) { $0 + Double($1) * Double($1) }
      .squareRoot()
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
