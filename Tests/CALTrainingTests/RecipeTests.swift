import CALLearning
import CALModel
import CALNetwork
import Testing

@testable import CALTraining

/// What the recipes make of a network and of its head.
@Suite struct RecipeTests {
  private let source = Stripes(count: 40, known: 2, classes: 4)

  private func trainer(_ recipe: Recipe, start: Model? = nil) throws -> Trainer {
    var options = TrainerTests.options(recipe)
    options.epochs = 2
    return try Trainer(options, source: source, start: start)
  }

  private func model(_ trainer: Trainer) throws -> Model {
    let bytes = try trainer.model(.init(names: ["one", "two"], provenance: Provenance()))
    return try Model(bytes: bytes.span.bytes)
  }

  private func lengths(_ rows: [[Float]]) -> [Double] {
    rows.map { $0.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
  }

  private func rows(_ trainer: Trainer) -> [[Float]] {
    let (state, width) = (trainer.checkpoint, trainer.options.spec.featureCount)
    let all = Array(state.learner.parameters.suffix(state.prototypes * width))
    return (0..<state.prototypes).map { Array(all[$0 * width..<($0 + 1) * width]) }
  }

  @Test func valuesOfTheRecipes() {
    let published = TrainerTests.options(.paper)
    #expect(published.spec.neck == .batchNorm(epsilon: 1e-5))
    #expect(published.weightDecay == 1e-3 && published.objective.ccrWeight == 0.2)
    #expect(published.objective.teacherTemperature == 0.1)
    let own = TrainerTests.options(.default)
    #expect(own.spec.neck == .batchNormUnit(epsilon: 1e-5))
    #expect(own.weightDecay == 1e-4 && own.objective.ccrWeight == 1)
    #expect(own.objective.teacherTemperature == 0.5)
  }

  @Test func firstRows() throws {
    #expect(lengths(rows(try trainer(.default))).allSatisfy { abs($0 - 1) < 1e-6 })
    // Normal with deviation 0.001, 8 numbers each.
    #expect(lengths(rows(try trainer(.paper))).allSatisfy { 1e-4..<1e-2 ~= $0 })
  }

  /// Logits of the model are cosines at the temperature 0.1.
  @Test func aModelOfTheDefaultRecipe() throws {
    let trainer = try trainer(.default)
    try trainer.run { _ in true }
    let model = try model(trainer)
    #expect(model.spec.neck == .batchNormUnit(epsilon: 1e-5))
    let vectors = model.bank.prototypes.map(\.vector)
    #expect(lengths(vectors).allSatisfy { abs($0 - 10) < 1e-5 })
    for (vector, row) in zip(vectors, rows(trainer)) {
      let length = lengths([row])[0]
      for (a, b) in zip(vector, row) { #expect(abs(Double(a) - 10 * Double(b) / length) < 1e-5) }
    }
  }

  @Test func aModelOfThePaperKeepsItsRows() throws {
    let trainer = try trainer(.paper)
    try trainer.run { _ in true }
    let model = try model(trainer)
    #expect(model.spec.neck == .batchNorm(epsilon: 1e-5))
    #expect(model.bank.prototypes.map(\.vector) == rows(trainer))
  }

  /// The default recipe puts its neck on the backbone of any model; the paper's takes the model's.
  @Test(arguments: [
    NetworkSpec.Neck.none, .batchNorm(epsilon: 1e-3), .batchNormUnit(epsilon: 1e-3),
  ])
  func startingFromAModel(_ neck: NetworkSpec.Neck) throws {
    var options = TrainerTests.options(.paper)
    options.spec.neck = neck
    options.epochs = 1
    let first = try Trainer(options, source: source)
    try first.run { _ in true }
    let start = try model(first)
    #expect(start.spec.neck == neck)
    for recipe in Recipe.allCases {
      let options = TrainingOptions(recipe: recipe, spec: start.spec, known: 2, prototypes: 8)
      #expect(
        options.spec.neck
          == (recipe == .paper ? neck : .batchNormUnit(epsilon: neck.epsilon ?? 1e-5)))
      let trainer = try Trainer(options, source: source, start: start)
      let layout = ParameterLayout(options.spec, prototypes: 8)
      for entry in layout.entries where entry.parameter.name != ParameterLayout.prototypesName {
        let values = Array(trainer.checkpoint.learner.parameters[entry.range])
        let given = start.values(of: entry.parameter)
        #expect(values == given || given.isEmpty, "\(entry.parameter.name)")
        if given.isEmpty {
          #expect(entry.parameter.name.hasPrefix("neck.") && neck == .none)
          let isOne = [".weight", ".running_var"].contains { entry.parameter.name.hasSuffix($0) }
          #expect(values.allSatisfy { $0 == (isOne ? 1 : 0) })
        }
      }
    }
  }
}
