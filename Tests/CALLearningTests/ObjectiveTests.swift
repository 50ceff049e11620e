import CALTestSupport
import Foundation
import Testing

@testable import CALLearning

@Suite struct ObjectiveTests {
  /// One labelled row of class 0 and one unlabelled, two classes, p = (3/4, 1/4) throughout but
  /// for the unlabelled row's strong view, which is (1/4, 3/4).
  @Test func aCaseByHand() throws {
    var problem = ObjectiveCase(
      batch: .init(rows: 2, classes: 2, known: 1), weak: [], strong: [], tags: [1, 2],
      targets: [0, -1])
    let big = Float(log(3.0))
    problem.weak = [big, 0, big, 0]
    problem.strong = [big, 0, 0, big]
    problem.settings.epoch = 9
    problem.settings.epochs = 10
    problem.settings.gamma = 0.7
    problem.settings.teacherTemperature = 1
    let terms = try problem.objective().terms
    #expect(abs(terms.supervised - log(4.0 / 3)) < 1e-7)
    // Mean probabilities (10/16, 6/16).
    let entropy = -(0.625 * log(0.625) + 0.375 * log(0.375))
    #expect(abs(terms.regulariser - (log(2) - entropy) / 2) < 1e-7)
    // Both rows are equally sure: 1/2 each.
    let agreeing = 0.75 * log(4.0 / 3) + 0.25 * log(4)
    let disagreeing = 0.75 * log(4) + 0.25 * log(4.0 / 3)
    #expect(abs(terms.ccr - 0.5 * (agreeing + disagreeing) / 2) < 1e-7)
    #expect(terms.acrSelected == 1)
    // The mean over both views: the strong one has 1/4 for the label.
    #expect(abs(terms.acr - (log(4.0 / 3) + log(4)) / 2) < 1e-7)
    #expect(
      terms.total == terms.supervised + terms.regulariser + terms.acr + 0.2 * terms.ccr)
    #expect(terms.confidence.countKnown == 1 && terms.confidence.countNovel == 0)
    #expect(abs(terms.confidence.sumKnown - 0.75) < 1e-7)

    let gradients = try problem.gradients()
    // Regulariser: p0 p1 (log m0 - log m1) / (4 rows).
    let push = 0.75 * 0.25 * log(0.625 / 0.375) / 8
    #expect(abs(Double(gradients.weak[0]) - (-0.25 / 2 + push)) < 1e-7)
    #expect(abs(Double(gradients.weak[2]) - (-0.25 / 2 + push)) < 1e-7)
    #expect(abs(Double(gradients.strong[0]) - (-0.25 / 2 + push)) < 1e-7)
    // CCR: weight 1/2, p - q = -1/2, over 2 rows, times 0.2. ACR: p - 1, halved.
    let ccr = -0.2 * 0.5 * 0.5 / 2
    #expect(abs(Double(gradients.strong[2]) - (push + ccr - 0.75 / 2)) < 1e-7)
    for row in [0, 2] {
      #expect(abs(gradients.weak[row] + gradients.weak[row + 1]) < 1e-7)
      #expect(abs(gradients.strong[row] + gradients.strong[row + 1]) < 1e-7)
    }
  }

  @Test(arguments: UInt64(0)..<20, Recipe.allCases)
  func agreesWithThePlainReference(_ seed: UInt64, _ recipe: Recipe) throws {
    var chance = Chance(seed: seed)
    let classes = Int.random(in: 1...9, using: &chance)
    let known = Int.random(in: 0...classes, using: &chance)
    var problem = ObjectiveCase.random(
      seed, rows: .random(in: 1...12, using: &chance), classes: classes, known: known, lastTag: 3)
    problem.settings = settings(&chance, recipe)
    let terms = try problem.objective().terms
    let reference = ObjectiveReference(problem: problem)
    #expect(abs(terms.supervised - reference.supervised) < 1e-12)
    #expect(abs(terms.regulariser - reference.regulariser) < 1e-12)
    #expect(abs(terms.ccr - reference.ccr) < 1e-11)
    #expect(abs(terms.acr - reference.acr) < 1e-12)
    #expect(terms.acrSelected == reference.selection.count)
    let right = reference.confidence
    #expect(terms.confidence.countKnown == right.countKnown)
    #expect(terms.confidence.countNovel == right.countNovel)
    #expect(abs(terms.confidence.sumKnown - right.sumKnown) < 1e-12)
    #expect(abs(terms.confidence.sumNovel - right.sumNovel) < 1e-12)
  }

  /// Central differences of fourth order. What is detached stays out: CCR moves only the strong
  /// view.
  @Test(arguments: UInt64(0)..<12, Recipe.allCases)
  func gradientsAreTheDerivatives(_ seed: UInt64, _ recipe: Recipe) throws {
    var chance = Chance(seed: seed &+ 100)
    let classes = Int.random(in: 2...7, using: &chance)
    var problem = ObjectiveCase.random(
      seed, rows: .random(in: 1...6, using: &chance), classes: classes,
      known: .random(in: 0...classes, using: &chance), lastTag: 3)
    problem.settings = settings(&chance, recipe)
    // Multiples of 1/64: a step of 1/32 is then exact.
    problem.weak = problem.weak.map { ($0 * 64).rounded() / 64 }
    problem.strong = problem.strong.map { ($0 * 64).rounded() / 64 }
    let gradients = try problem.gradients()
    let selected = try problem.objective().terms.acrSelected
    for i in problem.weak.indices {
      let strong = try derivative(problem, \.strong, i) { $0.total }
      #expect(abs(Double(gradients.strong[i]) - strong.slope) < 2e-5)
      let weak = try derivative(problem, \.weak, i) { $0.supervised + $0.regulariser + $0.acr }
      // A step that changes the selection crosses a jump.
      guard weak.selections.allSatisfy({ $0 == selected }) else { continue }
      #expect(abs(Double(gradients.weak[i]) - weak.slope) < 2e-5)
    }
  }

  private func derivative(
    _ problem: ObjectiveCase, _ view: WritableKeyPath<ObjectiveCase, [Float]>, _ i: Int,
    _ value: (Objective.Terms) -> Double
  ) throws -> (slope: Double, selections: [Int]) {
    let step = 1.0 / 32
    var terms: [Objective.Terms] = []
    for steps in [-2.0, -1, 1, 2] {
      var moved = problem
      moved[keyPath: view][i] += Float(steps * step)
      terms.append(try moved.objective().terms)
    }
    let v = terms.map(value)
    return ((8 * (v[2] - v[1]) - (v[3] - v[0])) / (12 * step), terms.map(\.acrSelected))
  }

  private func settings(_ chance: inout Chance, _ recipe: Recipe) -> ObjectiveSettings {
    var settings = ObjectiveSettings()
    settings.recipe = recipe
    settings.epochs = Int.random(in: 1...12, using: &chance)
    settings.epoch = Int.random(in: 0..<settings.epochs, using: &chance)
    settings.pseudoEpoch = Int.random(in: 0...3, using: &chance)
    settings.gamma = Double.random(in: 0.4...0.9, using: &chance)
    settings.novelThreshold = Double.random(in: 0...0.8, using: &chance)
    settings.teacherTemperature = Double.random(in: 0.3...1, using: &chance)
    settings.studentTemperature = Double.random(in: 0.5...2, using: &chance)
    settings.ccrWeight = Double.random(in: 0...2, using: &chance)
    return settings
  }
}
