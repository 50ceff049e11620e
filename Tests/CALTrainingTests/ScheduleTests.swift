import CALLearning
import Testing

@testable import CALTraining

@Suite struct ScheduleTests {
  private func near(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-15 * abs(b) }

  /// What torch.optim.lr_scheduler.StepLR(10, 0.05) of PyTorch 2.13 gives from 2e-4.
  @Test func paperEqualsPyTorch() {
    let published = [
      0.0002, 1e-05, 5.000000000000001e-07, 2.5000000000000005e-08, 1.2500000000000004e-09,
    ]
    for epoch in 0..<50 {
      let rate = Schedule.paper.rate(2e-4, epoch: epoch, step: 12 * epoch)
      #expect(rate == published[epoch / 10])
    }
  }

  @Test func stepsOfOneEpoch() {
    let schedule = Schedule.step(epochs: 1, factor: 0.5)
    #expect(schedule.rate(8, epoch: 0, step: 0) == 8)
    #expect(schedule.rate(8, epoch: 3, step: 0) == 1)
    #expect(schedule.rate(8, epoch: 1_000_000, step: 0) == 0)
    #expect(Schedule.step(epochs: 5, factor: 0).rate(8, epoch: 4, step: 0) == 8)
    #expect(Schedule.step(epochs: 5, factor: 0).rate(8, epoch: 5, step: 0) == 0)
  }

  @Test func cosineByHand() {
    let schedule = Schedule.cosine(warmUp: 3, steps: 11, floor: 0.1)
    let rate = { (step: Int) in schedule.rate(2, epoch: 0, step: step) }
    #expect(rate(0) == 0.5 && rate(1) == 1 && rate(2) == 1.5 && rate(3) == 2)
    // Half way down, at step 7, the cosine is 0; at a quarter it is the root of a half.
    #expect(near(rate(7), 2 * 0.55))
    #expect(near(rate(5), 2 * (0.1 + 0.9 * (1 + 0.5.squareRoot()) / 2)))
    #expect(rate(10) > 0.2 && rate(11) == 0.2 && rate(12) == 0.2 && rate(.max) == 0.2)
    for step in 3..<11 { #expect(rate(step) > rate(step + 1)) }
  }

  @Test func cosineWithoutWarmUpAndWithNothingElse() {
    #expect(Schedule.cosine(warmUp: 0, steps: 5, floor: 0).rate(3, epoch: 0, step: 0) == 3)
    #expect(Schedule.cosine(warmUp: 0, steps: 5, floor: 0).rate(3, epoch: 0, step: 5) == 0)
    let warmUp = Schedule.cosine(warmUp: 4, steps: 4, floor: 1)
    #expect((0..<6).map { warmUp.rate(5, epoch: 0, step: $0) } == [1, 2, 3, 4, 5, 5])
  }

  @Test func badInputIsNamed() {
    for (schedule, sentence) in [
      (Schedule.step(epochs: 0, factor: 0.1), "schedule's epochs is 0, not 1 to 1000000"),
      (.step(epochs: 1, factor: 1.5), "schedule's factor is 1.5, not 0.0 to 1.0"),
      (.step(epochs: 1, factor: .nan), "schedule's factor is nan, not 0.0 to 1.0"),
      (.cosine(warmUp: 0, steps: 0, floor: 0), "schedule's steps is 0, not 1 to 1000000000000"),
      (.cosine(warmUp: 6, steps: 5, floor: 0), "schedule's warm_up is 6, not 0 to 5"),
      (.cosine(warmUp: 1, steps: 5, floor: -1), "schedule's floor is -1.0, not 0.0 to 1.0"),
    ] {
      #expect {
        try schedule.check()
      } throws: { error in
        "\(error)" == sentence
      }
    }
    #expect(throws: Never.self) { try Schedule.paper.check() }
  }
}
