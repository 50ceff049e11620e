import Foundation
import Testing

@testable import CALTraining

@Suite struct RandomTests {
  /// kat_vectors of Random123 1.14: counter, key, result.
  @Test(arguments: [
    (
      Philox.Counter(0, 0, 0, 0), Philox.Key(0, 0),
      Philox.Counter(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
    ),
    (
      Philox.Counter(repeating: .max), Philox.Key(repeating: .max),
      Philox.Counter(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      Philox.Counter(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344),
      Philox.Key(0xa409_3822, 0x299f_31d0),
      Philox.Counter(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ])
  func equalsThePublishedVectors(
    _ counter: Philox.Counter, _ key: Philox.Key, _ expected: Philox.Counter
  ) {
    #expect(Philox.block(counter, key: key) == expected)
  }

  @Test func aStreamIsItsBlocksInOrder() {
    let seed: UInt64 = 0x299f_31d0_a409_3822
    var random = Random(seed: seed, purpose: .strongView, epoch: 7, index: 90)
    let key = Philox.Key(0xa409_3822, 0x299f_31d0)
    for block in UInt32(0)..<5 {
      let expected = Philox.block(Philox.Counter(block, 3, 90, 7), key: key)
      let words = (0..<4).map { _ in random.word() }
      #expect(words == (0..<4).map { expected[$0] })
    }
  }

  /// Any other seed, purpose, epoch or index is another stream.
  @Test func streamsDiffer() {
    var firsts: [UInt64] = []
    for seed in [UInt64(0), 1, 1 << 32, .max] {
      for purpose in [
        Random.Purpose.sampling, .weakView, .strongView, .dropout, .weights, .validation,
      ] {
        for (epoch, index) in [(UInt32(0), UInt32(0)), (0, 1), (1, 0), (1, 1), (0, .max)] {
          var random = Random(seed: seed, purpose: purpose, epoch: epoch, index: index)
          firsts.append(UInt64(random.word()) << 32 | UInt64(random.word()))
        }
      }
    }
    #expect(Set(firsts).count == 120)
  }

  @Test func uniformNumbersAreUniform() {
    var random = Random(seed: 5, purpose: .weights, epoch: 0, index: 0)
    let count = 100_000
    var doubles = Moments()
    var floats = Moments()
    var shifted = Moments()
    var tenths = Array(repeating: 0, count: 10)
    for _ in 0..<count {
      let double = random.double()
      let float = random.float()
      let within = random.double(in: -2...4)
      #expect(double >= 0 && double < 1 && float >= 0 && float < 1 && within >= -2 && within <= 4)
      doubles.add(double)
      floats.add(Double(float))
      shifted.add(within)
      tenths[Int(double * 10)] += 1
    }
    // Five standard errors of the mean, 1 / sqrt(12 n).
    let error = 5 / (12 * Double(count)).squareRoot()
    #expect(abs(doubles.mean - 0.5) < error)
    #expect(abs(floats.mean - 0.5) < error)
    #expect(abs(shifted.mean - 1) < 6 * error)
    #expect(abs(doubles.variance - 1.0 / 12) < 0.001)
    #expect(tenths.allSatisfy { abs($0 - count / 10) < 500 })
  }

  @Test func chanceIsExactAtItsEnds() {
    var random = Random(seed: 1, purpose: .weakView, epoch: 0, index: 0)
    var hits = [0, 0, 0]
    for _ in 0..<10_000 {
      for (i, probability) in [0, 0.2, 1].enumerated() {
        hits[i] += random.chance(probability) ? 1 : 0
      }
    }
    #expect(hits[0] == 0 && abs(hits[1] - 2000) < 200 && hits[2] == 10_000)
  }

  @Test(arguments: [UInt32(1), 2, 3, 7, 10, 1000])
  func integersAreEquallyLikely(_ bound: UInt32) {
    var random = Random(seed: 2, purpose: .sampling, epoch: 0, index: bound)
    var counts = Array(repeating: 0, count: Int(bound))
    let expected = 500
    for _ in 0..<expected * Int(bound) { counts[Int(random.below(bound))] += 1 }
    // Chi squared: its mean is bound - 1, its variance twice that.
    let distance = counts.reduce(0.0) { sum, count in
      let difference = Double(count - expected)
      return sum + difference * difference / Double(expected)
    }
    let freedom = Double(bound - 1)
    #expect(abs(distance - freedom) <= 5 * (2 * freedom).squareRoot())
  }

  /// With three quarters of 2^32 for a bound, a plain product would favour every third number.
  @Test func largeBoundsHaveNoBias() {
    var random = Random(seed: 3, purpose: .sampling, epoch: 0, index: 0)
    let bound: UInt32 = 3 << 30
    var thirds = [0, 0, 0]
    for _ in 0..<30_000 {
      let number = random.below(bound)
      #expect(number < bound)
      thirds[Int(number % 3)] += 1
    }
    #expect(thirds.allSatisfy { abs($0 - 10_000) < 500 })
  }

  @Test func belowNothingIsZero() {
    var random = Random(seed: 3, purpose: .sampling, epoch: 0, index: 0)
    let numbers = (0..<100).map { random.below($0 % 2) }
    #expect(numbers.allSatisfy { $0 == 0 })
  }

  @Test func normalNumbersAreNormal() {
    var random = Random(seed: 6, purpose: .weights, epoch: 0, index: 1)
    let count = 100_000
    var moments = Moments()
    var (within1, within2, fourth) = (0, 0, 0.0)
    for _ in 0..<count {
      let x = random.normal()
      moments.add(x)
      within1 += abs(x) < 1 ? 1 : 0
      within2 += abs(x) < 2 ? 1 : 0
      fourth += x * x * x * x / Double(count)
    }
    #expect(abs(moments.mean) < 5 / Double(count).squareRoot())
    #expect(abs(moments.variance - 1) < 0.03)
    #expect(abs(fourth - 3) < 0.2)
    #expect(abs(Double(within1) / Double(count) - 0.6827) < 0.008)
    #expect(abs(Double(within2) / Double(count) - 0.9545) < 0.004)
  }
}

/// Mean and variance of numbers.
private struct Moments {
  private var count = 0.0
  private var sum = 0.0
  private var squares = 0.0

  var mean: Double { sum / count }
  var variance: Double { squares / count - mean * mean }

  mutating func add(_ x: Double) {
    count += 1
    sum += x
    squares += x * x
  }
}
