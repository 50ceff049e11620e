import CALTestSupport
import Testing

@testable import CALLearning

@Suite struct ObjectiveEdgeTests {
  @Test(arguments: [Float(1e3), 1e4, 1e30, .greatestFiniteMagnitude], Recipe.allCases)
  func hugeLogitsGiveFiniteNumbers(_ scale: Float, _ recipe: Recipe) throws {
    var problem = ObjectiveCase.random(7, rows: 24, classes: 6, known: 3)
    var chance = Chance(seed: 8)
    let values = [-scale, -1, 0, 1, scale]
    problem.weak = problem.weak.map { _ in values.randomElement(using: &chance)! }
    problem.strong = problem.strong.map { _ in values.randomElement(using: &chance)! }
    problem.settings.recipe = recipe
    problem.settings.epoch = 10
    problem.settings.novelThreshold = 0.5
    let terms = try problem.objective().terms
    #expect(terms.total.isFinite && terms.ccr.isFinite && terms.supervised > 0)
    #expect(terms.acrSelected > 0)
    let gradients = try problem.gradients()
    #expect((gradients.weak + gradients.strong).allSatisfy { abs($0) < 10 })
  }

  /// A mean probability that underflows made the published regulariser's gradient NaN.
  @Test func vanishingMeansAreFine() throws {
    for gap in [Float(90), 110, 740, 1e4] {
      var problem = ObjectiveCase.random(1, rows: 1, classes: 2, known: 0)
      problem.weak = [gap, 0]
      problem.strong = [gap, 0]
      let terms = try problem.objective().terms
      #expect(abs(terms.regulariser - 0.34657359) < 1e-7)
      let gradients = try problem.gradients()
      #expect((gradients.weak + gradients.strong).allSatisfy { abs($0) < 1e-30 })
    }
  }

  @Test func lossesOfCertainAnswers() throws {
    var problem = ObjectiveCase.random(1, rows: 2, classes: 2, known: 2)
    problem.weak = [1e4, -1e4, 1e4, -1e4]
    problem.strong = problem.weak
    problem.tags = [1, 1]
    problem.targets = [0, 0]
    #expect(try problem.objective().terms.supervised == 0)
    problem.targets = [1, 1]
    #expect(try problem.objective().terms.supervised == 2e4)
    #expect(try problem.gradients().weak == [0.25, -0.25, 0.25, -0.25])
  }

  @Test func partsThatAreMissing() throws {
    for (rows, classes, known, tag) in [
      (1, 4, 2, 1), (1, 4, 2, 2), (5, 3, 3, 1), (5, 3, 3, 2), (5, 3, 0, 2), (3, 1, 1, 1),
      (3, 1, 0, 2), (2, 1, 1, 2),
    ] {
      var problem = ObjectiveCase.random(3, rows: rows, classes: classes, known: known)
      problem.tags = Array(repeating: Int32(tag), count: rows)
      problem.targets = Array(repeating: 0, count: rows)
      problem.settings.epoch = 20
      problem.settings.gamma = 0.001
      problem.settings.novelThreshold = 0
      let terms = try problem.objective().terms
      let gradients = try problem.gradients()
      #expect((gradients.weak + gradients.strong).allSatisfy { $0.isFinite })
      #expect(terms.total.isFinite)
      #expect(terms.acrSelected == (tag == 2 ? rows : 0))
      if tag == 2 { #expect(terms.supervised == 0) }
      if tag == 1 { #expect(terms.acr == 0) }
      if classes == 1 { #expect(terms.total == 0) }
      let confidence = terms.confidence
      if known == classes { #expect(confidence.countNovel == 0) }
      if known == 0 { #expect(confidence.countKnown == 0) }
      if tag == 2 {
        problem.targets = []
        #expect(try problem.objective().terms == terms)
      }
    }
  }

  @Test func acrWaitsForItsEpoch() throws {
    var problem = ObjectiveCase.random(5, rows: 16, classes: 4, known: 2)
    problem.settings.gamma = 0.001
    problem.settings.novelThreshold = 0
    problem.settings.epoch = 4
    #expect(try problem.objective().terms.acrSelected == 0)
    problem.settings.epoch = 5
    let unlabelled = problem.tags.count { $0 == 2 }
    #expect(unlabelled > 0)
    #expect(try problem.objective().terms.acrSelected == unlabelled)
  }

  /// Without a threshold yet, the published code takes every novel prediction for a label.
  @Test func theFirstThresholdOfEachRecipe() throws {
    var problem = ObjectiveCase.random(5, rows: 4, classes: 4, known: 0, scale: 0.1)
    problem.settings.epoch = 5
    problem.settings.recipe = .paper
    #expect(try problem.objective().terms.acrSelected == 4)
    problem.settings.recipe = .default
    #expect(try problem.objective().terms.acrSelected == 0)
  }

  @Test func theRecipesDifferInTemperature() throws {
    var problem = ObjectiveCase.random(6, rows: 20, classes: 5, known: 2)
    problem.settings.epoch = 9
    problem.settings.gamma = 0.3
    problem.settings.novelThreshold = 0.3
    problem.settings.studentTemperature = 2
    problem.settings.recipe = .paper
    let paper = try problem.objective().terms
    problem.settings.recipe = .default
    let ours = try problem.objective().terms
    #expect(ours.acrSelected == paper.acrSelected && paper.acrSelected > 2)
    // Colder probabilities are surer: the published statistics overstate.
    #expect(ours.confidence.sumKnown < paper.confidence.sumKnown)
    #expect(ours.acr > paper.acr)
    #expect(ours.supervised == paper.supervised)
  }

  @Test func badInputIsNamed() {
    func refused(_ sentence: String, _ change: (inout ObjectiveCase) -> Void) {
      var problem = ObjectiveCase.random(2, rows: 3, classes: 4, known: 2)
      problem.tags = [1, 2, 1]
      problem.targets = [0, 0, 1]
      change(&problem)
      do throws(LearningError) {
        _ = try problem.objective()
        Issue.record("not refused: \(sentence)")
      } catch {
        #expect(error.description == sentence)
      }
    }
    refused("weak[2][3] is nan") { $0.weak[11] = .nan }
    refused("strong[1][0] is -inf") { $0.strong[4] = -.infinity }
    refused("strong has 11 numbers, not 3 x 4") { $0.strong.removeLast() }
    refused("tag[1] is 4, not 1 (labelled), 2 (unlabelled) or 3 (pseudo-labelled)") {
      $0.tags[1] = 4
    }
    refused("tag has 2 numbers, not 3") { $0.tags.removeLast() }
    refused("target[2] is 2, but known is 2") { $0.targets[2] = 2 }
    refused("target[1] is 4, but there are 4 classes") {
      $0.tags[1] = 3
      $0.targets[1] = 4
    }
    refused("target[0] is -1, but known is 2") { $0.targets[0] = -1 }
    refused("tag[0] is 1 (labelled), but there are no targets") { $0.targets = [] }
    refused("known is 5, but there are 4 classes") { $0.batch.known = 5 }
    refused("known is -1, but there are 4 classes") { $0.batch.known = -1 }
    refused("rows is 0, not 1 to 16777216") { $0.batch.rows = 0 }
    refused("classes is 4097, not 1 to 4096") { $0.batch.classes = 4097 }
    refused("epoch is 50, but there are 50 epochs, counted from 0") { $0.settings.epoch = 50 }
    refused("epoch is -1, not 0 to 1000000") { $0.settings.epoch = -1 }
    refused("epochs is 0, not 1 to 1000000") { $0.settings.epochs = 0 }
    refused("gamma is 1.5, not 1e-06 to 1.0") { $0.settings.gamma = 1.5 }
    refused("novel_threshold is nan, not 0.0 to 10.0") { $0.settings.novelThreshold = .nan }
    refused("threshold_floor is 0.95, not 0.0 to 0.9") { $0.settings.thresholdFloor = 0.95 }
    refused("teacher_temperature is 0.0, not 0.001 to 1000.0") {
      $0.settings.teacherTemperature = 0
    }
    refused("student_temperature is inf, not 0.001 to 1000.0") {
      $0.settings.studentTemperature = .infinity
    }
    refused("ccr_weight is -1.0, not 0.0 to 1000000.0") { $0.settings.ccrWeight = -1 }
  }
}
