import CALLearning
import Testing

@testable import CALTraining

@Suite struct SamplerTests {
  private func sampler(
    labelled: Int, unlabelled: Int, batch: Int = 32, seed: UInt64 = 1
  ) throws(LearningError) -> Sampler {
    try Sampler(
      labelled: Array(0..<labelled), unlabelled: Array(labelled..<labelled + unlabelled),
      batchSize: batch, seed: seed)
  }

  private func epoch(_ sampler: Sampler, _ epoch: UInt32) -> [Int] {
    (0..<sampler.steps).flatMap { step in
      sampler.draws(ofStep: step).map { sampler.image(ofDraw: $0, epoch: epoch) }
    }
  }

  /// Draws, batch size: the sizes of the batches.
  @Test(arguments: [
    (100, 32, [32, 32, 32, 4]), (96, 32, [32, 32, 32]), (97, 32, [32, 32, 32]),
    (98, 32, [32, 32, 32, 2]), (2, 32, [2]), (3, 2, [2]), (4, 2, [2, 2]), (5, 3, [3, 2]),
    (33, 32, [32]), (31, 32, [31]),
  ])
  func batches(_ count: Int, _ batch: Int, _ sizes: [Int]) throws {
    let sampler = try sampler(labelled: 1, unlabelled: count - 1, batch: batch)
    #expect(sampler.draws == count)
    #expect((0..<sampler.steps).map { sampler.draws(ofStep: $0).count } == sizes)
    var next = 0
    for step in 0..<sampler.steps {
      #expect(sampler.draws(ofStep: step).lowerBound == next)
      next = sampler.draws(ofStep: step).upperBound
    }
    for step in [-1, sampler.steps, .max, .min] {
      #expect(sampler.draws(ofStep: step).isEmpty)
    }
  }

  /// Half of the draws are labelled, however few images are; within a kind all images are
  /// equally likely.
  @Test func halfAndHalf() throws {
    let (labelled, unlabelled) = (40, 960)
    let sampler = try sampler(labelled: labelled, unlabelled: unlabelled)
    var counts = Array(repeating: 0, count: 1000)
    let epochs = 100
    for epoch in 0..<UInt32(epochs) {
      for draw in 0..<sampler.draws { counts[sampler.image(ofDraw: draw, epoch: epoch)] += 1 }
    }
    let half = epochs * 1000 / 2
    let drawn = counts[..<labelled].reduce(0, +)
    // Five standard deviations of a fair coin.
    #expect(abs(Double(drawn - half)) < 5 * Double(half / 2).squareRoot())
    for (kind, share) in [(0..<labelled, half / labelled), (labelled..<1000, half / unlabelled)] {
      let distance = counts[kind].reduce(0.0) { sum, count in
        let difference = Double(count - share)
        return sum + difference * difference / Double(share)
      }
      let freedom = Double(kind.count)
      #expect(abs(distance - freedom) < 5 * (2 * freedom).squareRoot())
    }
  }

  @Test func oneKindAlone() throws {
    for sampler in [
      try sampler(labelled: 50, unlabelled: 0), try sampler(labelled: 0, unlabelled: 50),
    ] {
      var counts = Array(repeating: 0, count: 50)
      for number in UInt32(0)..<100 { for i in epoch(sampler, number) { counts[i] += 1 } }
      #expect(counts.allSatisfy { abs($0 - 100) < 50 })
    }
  }

  @Test func aPureFunctionOfSeedAndEpoch() throws {
    let first = try sampler(labelled: 30, unlabelled: 90, seed: 7)
    let again = try sampler(labelled: 30, unlabelled: 90, seed: 7)
    let other = try sampler(labelled: 30, unlabelled: 90, seed: 8)
    let expected = epoch(first, 3)
    // From behind: no draw depends on another.
    let backwards = (0..<again.draws).reversed().map { again.image(ofDraw: $0, epoch: 3) }
    #expect(Array(backwards.reversed()) == expected)
    #expect(epoch(first, 4) != expected)
    #expect(epoch(other, 3) != expected)
    #expect(expected.count == 120 && Set(expected).count < 120)
  }

  @Test func batchSizeDoesNotChangeTheDraws() throws {
    let small = try sampler(labelled: 30, unlabelled: 90, batch: 8)
    let large = try sampler(labelled: 30, unlabelled: 90, batch: 60)
    #expect(epoch(small, 1) == epoch(large, 1))
  }

  @Test func badInputIsNamed() {
    func refused(_ sentence: String, _ labelled: Int, _ unlabelled: Int, batch: Int = 8) {
      #expect {
        try sampler(labelled: labelled, unlabelled: unlabelled, batch: batch)
      } throws: { error in
        "\(error)" == sentence
      }
    }
    refused("number of training images is 0, not 2 to 16777216", 0, 0)
    refused("number of training images is 1, not 2 to 16777216", 1, 0)
    refused("batch_size is 1, not 2 to 65536", 5, 5, batch: 1)
    refused("batch_size is 65537, not 2 to 65536", 5, 5, batch: 65_537)
  }
}
