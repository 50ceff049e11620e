import CALTestSupport
import Foundation
import Testing

@testable import CALLearning

/// A vector of parameters as arrays.
private struct Parameters {
  var values: [Float]
  var mean: [Float]
  var square: [Float]

  init(_ values: [Float]) {
    self.values = values
    mean = values.map { _ in 0 }
    square = mean
  }

  mutating func isUpdated(
    _ adam: Adam, _ gradients: [Float], _ trained: TrainedRanges
  ) -> Bool {
    var (newValues, newMean, newSquare) = (values, mean, square)
    defer { (values, mean, square) = (newValues, newMean, newSquare) }
    var valueSpan = newValues.mutableSpan
    var meanSpan = newMean.mutableSpan
    var squareSpan = newSquare.mutableSpan
    return adam.update(
      &valueSpan, gradients: gradients.span, mean: &meanSpan, square: &squareSpan,
      trained: trained)
  }

  /// nil: all are trained.
  mutating func update(
    _ adam: Adam, _ gradients: [Float], _ trained: TrainedRanges? = nil
  ) throws {
    let done = isUpdated(adam, gradients, try trained ?? TrainedRanges(count: values.count))
    #expect(done)
  }
}

@Suite struct AdamTests {
  /// Tests/Fixtures/training/make_adam_fixture.py wrote the numbers.
  @Test func equalsPyTorch() throws {
    let fixture = try AdamFixture.read()
    #expect(fixture.adam.count == 3)
    var worst = 0.0
    for example in fixture.adam {
      var parameters = Parameters(example.parameters)
      for (i, step) in example.steps.enumerated() {
        let adam = try Adam(example.settings, rate: example.rate, step: i + 1)
        try parameters.update(adam, step.gradients)
        for (found, right) in [
          (parameters.values, step.parameters), (parameters.mean, step.mean),
          (parameters.square, step.square),
        ] {
          for (a, b) in zip(found, right) { worst = max(worst, relative(a, Double(b))) }
        }
      }
    }
    // PyTorch fuses some multiplications and additions. It shows most where terms cancel.
    print("adam.json: largest relative error of a number \(worst)")
    #expect(worst < 2e-6)
  }

  /// The formulas as Kingma and Ba state them, in double precision.
  @Test(arguments: UInt64(0)..<6)
  func equalsThePlainStatement(_ seed: UInt64) throws {
    var chance = Chance(seed: seed)
    var settings = Adam.Settings()
    settings.weightDecay = seed % 2 == 0 ? 0 : 0.03
    settings.beta1 = .random(in: 0...0.95, using: &chance)
    settings.beta2 = .random(in: 0.5...0.999, using: &chance)
    var parameters = Parameters(chance.floats(50, in: -1...1))
    var exact = parameters.values.map(Double.init)
    var (mean, square) = (exact.map { _ in 0.0 }, exact.map { _ in 0.0 })
    for step in 1...40 {
      let gradients = chance.floats(50, in: -3...3)
      let rate = 0.01 / Double(step)
      try parameters.update(try Adam(settings, rate: rate, step: step), gradients)
      for i in exact.indices {
        let g = Double(gradients[i]) + settings.weightDecay * exact[i]
        mean[i] = settings.beta1 * mean[i] + (1 - settings.beta1) * g
        square[i] = settings.beta2 * square[i] + (1 - settings.beta2) * g * g
        let m = mean[i] / (1 - pow(settings.beta1, Double(step)))
        let v = square[i] / (1 - pow(settings.beta2, Double(step)))
        exact[i] -= rate * m / (v.squareRoot() + settings.epsilon)
      }
    }
    #expect(relativeError(parameters.values, exact) < 1e-6)
    #expect(relativeError(parameters.mean, mean) < 1e-6)
    #expect(relativeError(parameters.square, square) < 1e-6)
  }

  /// The first step is the learning rate long, whatever the gradient's size; none where it is 0.
  @Test func firstStepByHand() throws {
    var settings = Adam.Settings()
    settings.weightDecay = 0
    var parameters = Parameters([1, 1, 1, 1])
    try parameters.update(try Adam(settings, rate: 0.25, step: 1), [4, -1e-3, 0, 1e15])
    #expect(relativeError(parameters.values, [0.75, 1.25, 1, 0.75]) < 1e-5)
  }

  @Test func frozenRangesStay() throws {
    var chance = Chance(seed: 5)
    let start = chance.floats(40, in: -1...1)
    let gradients = chance.floats(40, in: -1...1)
    let trained = try TrainedRanges(count: 40, frozen: [3..<7, 30..<40])
    var partly = Parameters(start)
    var wholly = Parameters(start)
    for step in 1...3 {
      let adam = try Adam(.init(), rate: 0.1, step: step)
      try partly.update(adam, gradients, trained)
      try wholly.update(adam, gradients)
    }
    for i in 0..<40 {
      if (3..<7).contains(i) || i >= 30 {
        #expect(partly.values[i] == start[i] && partly.mean[i] == 0 && partly.square[i] == 0)
      } else {
        #expect(partly.values[i] == wholly.values[i] && partly.values[i] != start[i])
        #expect(partly.mean[i] == wholly.mean[i] && partly.square[i] == wholly.square[i])
      }
    }
  }

  /// Pieces of any size give the bits of the whole: vector and rest of a loop agree.
  @Test func piecesGiveTheSameBits() throws {
    var chance = Chance(seed: 6)
    let (start, gradients) = (chance.floats(101, in: -1...1), chance.floats(101, in: -9...9))
    let trained = try TrainedRanges(count: 101, frozen: [13..<20, 60..<61])
    let adam = try Adam(.init(), rate: 0.1, step: 1)
    var whole = Parameters(start)
    try whole.update(adam, gradients, trained)
    for size in [1, 3, 16, 50] {
      var found: [Float] = []
      for first in stride(from: 0, to: 101, by: size) {
        let bounds = first..<min(first + size, 101)
        var piece = Parameters(Array(start[bounds]))
        try piece.update(adam, Array(gradients[bounds]), trained.piece(bounds))
        found += piece.values
      }
      #expect(found == whole.values)
    }
  }

  @Test func wrongLengthsAreRefused() throws {
    let adam = try Adam(.init(), rate: 0.1, step: 1)
    let trained = try TrainedRanges(count: 3)
    var parameters = Parameters([1, 2, 3])
    var isUpdated = parameters.isUpdated(adam, [1, 2], trained)
    #expect(!isUpdated)
    isUpdated = parameters.isUpdated(adam, [1, 2, 3], try TrainedRanges(count: 4))
    #expect(!isUpdated)
    parameters.square.removeLast()
    isUpdated = parameters.isUpdated(adam, [1, 2, 3], trained)
    #expect(!isUpdated)
    #expect(parameters.values == [1, 2, 3] && parameters.mean == [0, 0, 0])
  }

  @Test func badNumbersAreNamed() {
    func refused(
      _ sentence: String, rate: Double = 1, step: Int = 1,
      _ change: (inout Adam.Settings) -> Void = { _ in }
    ) {
      var settings = Adam.Settings()
      change(&settings)
      #expect {
        try Adam(settings, rate: rate, step: step)
      } throws: { error in
        "\(error)" == sentence
      }
    }
    refused("beta1 is 1.0, not 0.0 to 0.999999") { $0.beta1 = 1 }
    refused("beta2 is -0.5, not 0.0 to 0.99999999") { $0.beta2 = -0.5 }
    refused("epsilon is 0.0, not 1e-30 to 1.0") { $0.epsilon = 0 }
    refused("weight_decay is nan, not 0.0 to 1000.0") { $0.weightDecay = .nan }
    refused("learning_rate is -1.0, not 0.0 to 1000.0", rate: -1)
    refused("step is 0, not 1 to \(Int.max)", step: 0)
  }
}

@Suite struct TrainedRangesTests {
  @Test func theRestIsTrained() throws {
    func ranges(_ count: Int, _ frozen: [Range<Int>]) throws -> [Range<Int>] {
      try TrainedRanges(count: count, frozen: frozen).ranges
    }
    #expect(try ranges(5, []) == [0..<5])
    #expect(try ranges(0, []) == [])
    #expect(try ranges(0, [0..<0]) == [])
    #expect(try ranges(5, [0..<5]) == [])
    #expect(try ranges(5, [2..<2]) == [0..<5])
    #expect(try ranges(9, [6..<8, 0..<2, 3..<4]) == [2..<3, 4..<6, 8..<9])
    #expect(try ranges(9, [1..<7, 2..<3, 6..<8, 8..<9]) == [0..<1])
  }

  @Test func piecesCountFromTheirBeginning() throws {
    let trained = try TrainedRanges(count: 20, frozen: [4..<6, 10..<11])
    #expect(trained.piece(0..<20) == trained)
    #expect(trained.piece(5..<12).ranges == [1..<5, 6..<7])
    #expect(trained.piece(5..<12).count == 7)
    #expect(trained.piece(4..<6).ranges == [])
    #expect(trained.piece(18..<90).ranges == [0..<2])
    #expect(trained.piece(50..<90).count == 0)
  }

  @Test(arguments: [-1..<2, 3..<6, 7..<8])
  func rangesOutsideAreNamed(_ range: Range<Int>) {
    #expect {
      try TrainedRanges(count: 5, frozen: [0..<1, range])
    } throws: { error in
      "\(error)" == "frozen range \(range) is not within 0..<5"
    }
  }
}

@Suite struct GradientNormTests {
  private func clipped(
    _ gradients: [Float], to limit: Double, frozen: [Range<Int>] = []
  ) throws -> (norm: Double?, [Float]) {
    var gradients = gradients
    let trained = try TrainedRanges(count: gradients.count, frozen: frozen)
    var span = gradients.mutableSpan
    return (GradientNorm.clip(&span, to: limit, trained: trained), gradients)
  }

  @Test func equalsPyTorch() throws {
    for example in try AdamFixture.read().clip {
      let (norm, after) = try clipped(example.before, to: example.limit)
      #expect(relative(Float(try #require(norm)), example.norm) < 1e-6)
      for (a, b) in zip(after, example.after) { #expect(relative(a, Double(b)) < 5e-7) }
    }
  }

  @Test func frozenGradientsDoNotCount() throws {
    let (norm, after) = try clipped([3, 100, 4, .nan], to: 1, frozen: [1..<2, 3..<4])
    #expect(norm == 5)
    #expect(after[1] == 100 && after[3].isNaN)
    #expect(abs(after[0] - 0.6) < 1e-6 && abs(after[2] - 0.8) < 1e-6)
  }

  @Test func shortOnesAndInfiniteOnesStay() throws {
    #expect(try clipped([3, 4], to: 6) == (5, [3, 4]))
    #expect(try clipped([3, 4], to: .infinity) == (5, [3, 4]))
    #expect(try clipped([0, 0], to: 1) == (0, [0, 0]))
    #expect(try clipped([.infinity, 1], to: 1) == (.infinity, [.infinity, 1]))
    let (norm, after) = try clipped([.nan, 1], to: 1)
    #expect(norm?.isNaN == true && after[1] == 1)
    // 1e30 squared is beyond single precision.
    let (large, scaled) = try clipped([1e30, 0], to: 1)
    #expect(relative(Float(try #require(large)), 1e30) < 1e-6 && abs(scaled[0] - 1) < 1e-6)
  }
}

/// adam.json.
private struct AdamFixture: Decodable {
  struct Example: Decodable {
    struct Step: Decodable {
      let gradients, parameters, mean, square: [Float]
    }
    let rate, weightDecay, beta1, beta2, epsilon: Double
    let parameters: [Float]
    let steps: [Step]

    var settings: Adam.Settings {
      var settings = Adam.Settings()
      settings.beta1 = beta1
      settings.beta2 = beta2
      settings.epsilon = epsilon
      settings.weightDecay = weightDecay
      return settings
    }
  }
  struct Clip: Decodable {
    let limit, norm: Double
    let before, after: [Float]
  }
  let adam: [Example]
  let clip: [Clip]

  static func read() throws -> AdamFixture {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let path = folder.appending(path: "../Fixtures/training/adam.json").standardized
    return try JSONDecoder().decode(AdamFixture.self, from: Data(contentsOf: path))
  }
}

private func relative(_ found: Float, _ right: Double) -> Double {
  let error = abs(Double(found) - right)
  return right == 0 ? error : error / abs(right)
}
