import CALTestSupport
import Testing

@testable import CALLearning

@Suite struct CurriculumTests {
  private func weights(_ sureness: [Double], epoch: Int, _ recipe: Recipe) -> [Double] {
    var settings = ObjectiveSettings()
    settings.recipe = recipe
    settings.epoch = epoch
    settings.epochs = 4
    return Curriculum.weights(sureness, settings)
  }

  @Test func fromSureRowsToUnsureOnes() {
    let sureness = [0.9999, 0.2, 0.999999, 0.9998]
    let expected = [
      [7.0 / 12, 0.25, 0.75, 5.0 / 12], [0.5, 0.5, 0.5, 0.5],
      [5.0 / 12, 0.75, 0.25, 7.0 / 12], [1.0 / 3, 1, 0, 2.0 / 3],
    ]
    for epoch in 0..<4 {
      for (found, right) in zip(weights(sureness, epoch: epoch, .default), expected[epoch]) {
        #expect(abs(found - right) < 1e-12)
      }
    }
  }

  /// The published weights hardly tell rows apart that a cold teacher is sure of; ranks do, and
  /// their mean is 1/2 whatever the rows are like.
  @Test func aColdTeacherDoesNotStopIt() {
    let sureness = (0..<32).map { 1 - Double($0) * 1e-9 }
    for epoch in 0..<4 {
      let published = weights(sureness, epoch: epoch, .paper)
      #expect(published.max()! - published.min()! < 1e-7)
      let own = weights(sureness, epoch: epoch, .default)
      #expect(abs(own.reduce(0, +) / 32 - 0.5) < 1e-12)
      #expect(epoch == 1 || own.max()! - own.min()! > 0.45)
    }
  }

  @Test func equalRowsWeighTheSame() {
    #expect(weights([0.5, 0.5, 0.5], epoch: 3, .default) == [0.5, 0.5, 0.5])
    #expect(weights([1, 0.5, 1], epoch: 3, .default) == [0.25, 1, 0.25])
    #expect(weights([0.7], epoch: 3, .default) == [0.5])
    #expect(weights([], epoch: 3, .default) == [])
  }
}
