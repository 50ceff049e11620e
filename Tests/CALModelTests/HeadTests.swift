import CALModel
import CALTestSupport
import Testing

/// A bank of random vectors with the given ids.
private func bank(ids: [UInt64], features: Int, _ random: inout Chance) throws -> Bank {
  try Bank(
    epoch: 0, nextID: Limit.counter, featureCount: features,
    prototypes: ids.map { Prototype(id: $0, kind: .novel, vector: random.floats(features)) })
}

private func scores(_ bank: Bank, _ features: [Float]) -> [Float]? {
  var logits = [Float](repeating: 0, count: bank.active.count)
  var span = logits.mutableSpan
  return bank.logits(of: features.span, into: &span) ? logits : nil
}

private func ranked(_ bank: Bank, _ logits: [Float], top: Int) -> [Int32]? {
  var order = [Int32](repeating: -1, count: logits.count)
  var span = order.mutableSpan
  return bank.rank(logits.span, top: top, into: &span) ? order : nil
}

private func probabilities(_ logits: [Float], temperature: Float = 1) -> [Float] {
  let decision = Decision(knownThreshold: 0, novelThreshold: 0, temperature: temperature)
  var probabilities = [Float](repeating: -1, count: logits.count)
  var span = probabilities.mutableSpan
  #expect(decision.probabilities(of: logits.span, into: &span))
  return probabilities
}

@Suite struct LogitTests {
  @Test(arguments: [1, 2, 15, 16, 17, 31, 32, 33, 64, 100, 512, 2048])
  func areTheSumsOfTheStatedOrder(features: Int) throws {
    var random = Chance(seed: UInt64(features))
    let bank = try bank(ids: [0, 1, 2, 3, 4], features: features, &random)
    let vector = random.floats(features)
    let logits = try #require(scores(bank, vector))
    for (row, prototype) in bank.prototypes.enumerated() {
      #expect(logits[row].bitPattern == statedDot(vector, prototype.vector).bitPattern)
      let exact = zip(vector, prototype.vector).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      #expect(abs(Double(logits[row]) - exact) < 1e-6 * Double(features))
    }
  }

  /// A row's logit depends on nothing but features and row.
  @Test func doNotDependOnTheOtherRows() throws {
    var random = Chance(seed: 5)
    let all = try bank(ids: Array(0..<20), features: 77, &random)
    let vector = random.floats(77)
    let together = try #require(scores(all, vector))
    for row in 0..<20 {
      let alone = try Bank(
        epoch: 0, nextID: 99, featureCount: 77, prototypes: [all.prototypes[row]])
      #expect(scores(alone, vector) == [together[row]])
    }
  }

  @Test func skipTheRetired() throws {
    let bank = try Bank(
      epoch: 0, nextID: 9, featureCount: 2,
      prototypes: [
        .init(id: 0, kind: .retired, vector: []), .init(id: 1, kind: .novel, vector: [1, 2]),
        .init(id: 2, kind: .retired, vector: [], mergedInto: 1),
        .init(id: 3, kind: .known, name: "k", vector: [3, 4]),
      ])
    #expect(scores(bank, [10, 1]) == [12, 34])
  }

  @Test func sayWhenTheyAreNotFinite() throws {
    var random = Chance(seed: 6)
    let bank = try bank(ids: [0, 1], features: 20, &random)
    for bad in [Float.nan, .infinity, -.infinity] {
      var vector = random.floats(20)
      vector[13] = bad
      #expect(scores(bank, vector) == nil)
    }
    #expect(scores(bank, random.floats(19)) == nil)
    #expect(scores(bank, random.floats(21)) == nil)
  }
}

@Suite struct ProbabilityTests {
  @Test func areASoftmax() {
    // exp(0), exp(-1), exp(-3) over their sum, from a desk calculator.
    let p = probabilities([2, 1, -1])
    let expected: [Float] = [0.705_384_5, 0.259_496_46, 0.035_119_03]
    for (value, wanted) in zip(p, expected) { #expect(abs(value - wanted) < 1e-6) }
  }

  @Test func temperatureDividesTheLogits() {
    let a = probabilities([2, 1, -1], temperature: 0.5)
    let b = probabilities([4, 2, -2], temperature: 1)
    #expect(a == b)
  }

  @Test(arguments: [1e-3, 0.1, 1, 1e3] as [Float])
  func sumToOneWithoutOverflow(temperature: Float) {
    var random = Chance(seed: 7)
    for scale in [1e-3, 1, 1e3, 1e37] as [Float] {
      let logits = random.floats(300).map { $0 * scale }
      let p = probabilities(logits, temperature: temperature)
      #expect(p.allSatisfy { $0 >= 0 && $0 <= 1 })
      #expect(abs(p.reduce(0.0) { $0 + Double($1) } - 1) < 1e-5)
    }
  }

  @Test func keepTheOrderOfTheLogits() {
    var random = Chance(seed: 8)
    let logits = random.floats(200)
    let p = probabilities(logits)
    for i in 1..<200 where logits[i] > logits[i - 1] { #expect(p[i] >= p[i - 1]) }
    for i in 1..<200 where logits[i] < logits[i - 1] { #expect(p[i] <= p[i - 1]) }
  }
}

@Suite struct RankingTests {
  @Test func isTheSortedOrder() throws {
    var random = Chance(seed: 9)
    for rows in [1, 2, 3, 4, 7, 8, 50, 333] {
      let ids = (0..<UInt64(rows)).shuffled(using: &random)
      let bank = try bank(ids: ids, features: 1, &random)
      // Few different values, so that ties are common.
      let logits = (0..<rows).map { _ in Float(Int.random(in: -3...3, using: &random)) / 2 }
      let sorted = (0..<rows).sorted { (-logits[$0], ids[$0]) < (-logits[$1], ids[$1]) }
      for top in [0, 1, 2, rows / 2, rows, rows + 5] {
        let order = try #require(ranked(bank, logits, top: top))
        #expect(order.prefix(top).map { Int($0) } == Array(sorted.prefix(top)))
        #expect(order.sorted() == (0..<Int32(rows)).map { $0 })
      }
    }
  }

  @Test func zeroesAreEqual() throws {
    var random = Chance(seed: 10)
    let bank = try bank(ids: [5, 2, 8], features: 1, &random)
    #expect(ranked(bank, [0, -0.0, 0], top: 3) == [1, 0, 2])
  }

  /// Logits that are not numbers have no order, but do no harm.
  @Test func survivesNaN() throws {
    var random = Chance(seed: 11)
    let bank = try bank(ids: Array(0..<40), features: 1, &random)
    var logits = random.floats(40)
    for i in stride(from: 0, to: 40, by: 3) { logits[i] = .nan }
    #expect(ranked(bank, logits, top: 40)?.sorted() == (0..<40).map { $0 })
    #expect(ranked(bank, [1, 2], top: 1) == nil)
  }
}

@Suite struct VerdictTests {
  let decision = Decision(knownThreshold: 0.5, novelThreshold: 0.25, temperature: 1)

  @Test(arguments: [
    (Prototype.Kind.known, Float(0.5), Verdict.known),
    (.known, Float(0.5).nextDown, .undetermined),
    (.novel, 0.25, .novel),
    (.novel, Float(0.25).nextDown, .undetermined),
    (.retired, 1, .undetermined),
    (.known, .nan, .undetermined),
  ])
  func followsTheThresholds(kind: Prototype.Kind, probability: Float, verdict: Verdict) {
    #expect(decision.verdict(top: kind, probability: probability) == verdict)
  }

  @Test func aNegativeThresholdIsNone() {
    let open = Decision(knownThreshold: -1, novelThreshold: -1, temperature: 1)
    #expect(open.verdict(top: .known, probability: 0) == .known)
    #expect(open.verdict(top: .novel, probability: 0) == .novel)
  }
}
