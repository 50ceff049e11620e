import CALModel
import CALTestSupport
import Testing

@Suite struct EvidenceTests {
  /// Random map, neck and bank; the features are what pooling and neck make of the map.
  private struct Scene {
    let features: Int
    let stride: Int
    let map: [Float]
    let scale: [Float]
    let shift: [Float]
    let bank: Bank

    init(features: Int, positions: Int, padding: Int, seed: UInt64) throws {
      var random = Chance(seed: seed)
      self.features = features
      stride = features + padding
      // A last row without its padding is enough.
      map = random.floats((positions - 1) * stride + features)
      scale = random.floats(features)
      shift = random.floats(features)
      bank = try Bank(
        epoch: 0, nextID: 9, featureCount: features,
        prototypes: [
          .init(id: 0, kind: .retired, vector: []),
          .init(id: 1, kind: .novel, vector: random.floats(features)),
          .init(id: 2, kind: .novel, vector: random.floats(features)),
        ])
    }

    func evidence(row: Int, positions: Int, isUnit: Bool = false) -> [Float]? {
      var values = [Float](repeating: .nan, count: positions)
      var span = values.mutableSpan
      let fits = bank.evidence(
        row: row, map: map.span, mapStride: stride, scale: scale, shift: shift,
        isUnit: isUnit, into: &span)
      return fits ? values : nil
    }

    func pooled(positions: Int) -> [Float] {
      (0..<features).map { c in
        let sum = (0..<positions).reduce(0.0) { $0 + Double(map[$1 * stride + c]) }
        return Float(sum / Double(positions)) * scale[c] + shift[c]
      }
    }
  }

  @Test(arguments: [(1, 1, 0), (8, 4, 0), (8, 9, 8), (100, 49, 4), (512, 64, 0)])
  func sumsToTheLogit(features: Int, positions: Int, padding: Int) throws {
    let scene = try Scene(features: features, positions: positions, padding: padding, seed: 3)
    var logits: [Float] = [0, 0]
    var span = logits.mutableSpan
    #expect(scene.bank.logits(of: scene.pooled(positions: positions).span, into: &span))
    for row in 0..<2 {
      let values = try #require(scene.evidence(row: row, positions: positions))
      let sum = values.reduce(0.0) { $0 + Double($1) }
      #expect(abs(sum - Double(logits[row])) < 1e-5 * max(1, abs(Double(logits[row]))))
    }
  }

  /// The logit of features of length 1.
  @Test(arguments: [(1, 1, 0), (8, 9, 8), (100, 49, 4)])
  func sumsToTheLogitOfAUnitNeck(count: Int, positions: Int, padding: Int) throws {
    let scene = try Scene(features: count, positions: positions, padding: padding, seed: 6)
    let pooled = scene.pooled(positions: positions)
    let length = Float(pooled.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot())
    var logits: [Float] = [0, 0]
    var span = logits.mutableSpan
    let features = pooled.map { $0 / length }
    #expect(scene.bank.logits(of: features.span, into: &span))
    for row in 0..<2 {
      let values = try #require(scene.evidence(row: row, positions: positions, isUnit: true))
      let sum = values.reduce(0.0) { $0 + Double($1) }
      #expect(abs(sum - Double(logits[row])) < 1e-5 * max(1, abs(Double(logits[row]))))
    }
  }

  /// Features of 0, which have no length.
  @Test func nothingIsEvidenceOfNothing() throws {
    let bank = try Bank(
      epoch: 0, nextID: 1, featureCount: 2,
      prototypes: [.init(id: 0, kind: .novel, vector: [1, 2])])
    var values: [Float] = [9, 9]
    var span = values.mutableSpan
    let map: [Float] = [1, 2, 3, 4]
    let fits = bank.evidence(
      row: 0, map: map.span, mapStride: 2, scale: [0, 0], shift: [0, 0], isUnit: true, into: &span)
    #expect(fits)
    #expect(values == [0, 0])
  }

  /// Only the position that differs changes, and by what the formula says.
  @Test func eachValueBelongsToItsPosition() throws {
    let scene = try Scene(features: 3, positions: 4, padding: 2, seed: 4)
    let values = try #require(scene.evidence(row: 1, positions: 4))
    let p = scene.bank.prototypes[2].vector
    let constant = zip(p, scene.shift).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    for position in 0..<4 {
      let part = (0..<3).reduce(0.0) {
        $0 + Double(p[$1]) * Double(scene.scale[$1]) * Double(scene.map[position * 5 + $1])
      }
      #expect(abs(Double(values[position]) - (part + constant) / 4) < 1e-6)
    }
  }

  @Test func refusesWhatDoesNotFit() throws {
    let scene = try Scene(features: 3, positions: 4, padding: 2, seed: 5)
    #expect(scene.evidence(row: 2, positions: 4) == nil)
    #expect(scene.evidence(row: -1, positions: 4) == nil)
    #expect(scene.evidence(row: 0, positions: 5) == nil)
    #expect(scene.evidence(row: 0, positions: 0) == nil)
  }
}
