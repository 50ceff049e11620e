import CALLearning
import CALNetwork
import Testing

@testable import CALTraining

@Suite struct TrainerTests {
  static func options(_ recipe: Recipe, threads: Int = 1) -> TrainingOptions {
    let spec = NetworkSpec(
      block: .basic, stem: .init(kernel: 3, stride: 1, channels: 8, maxPool: false),
      stages: [.init(blocks: 1, innerChannels: 8, outChannels: 8, stride: 2)], ffe: .init(),
      neck: .batchNorm(epsilon: 1e-5), inputSize: 16)
    var options = TrainingOptions(recipe: recipe, spec: spec, known: 2, prototypes: 8)
    options.prunes = true
    options.epochs = 4
    options.batchSize = 8
    options.learningRate = 3e-3
    options.objective.pseudoEpoch = 1
    options.threads = threads
    return options
  }

  private func trained(_ options: TrainingOptions) throws -> TrainingState {
    let trainer = try Trainer(options, source: Stripes(count: 40, known: 2, classes: 4))
    try trainer.run { _ in true }
    #expect(trainer.isFinished)
    return trainer.checkpoint
  }

  @Test(arguments: Recipe.allCases)
  func bitsDoNotDependOnThreads(_ recipe: Recipe) throws {
    let one = try trained(TrainerTests.options(recipe))
    #expect(try trained(TrainerTests.options(recipe, threads: 3)) == one)
    var other = TrainerTests.options(recipe)
    other.seed = 2
    #expect(try trained(other) != one)
  }

  /// Stopped after every possible number of steps, epochs' ends among them.
  @Test(arguments: Recipe.allCases)
  func resumingGivesTheSameBits(_ recipe: Recipe) throws {
    let options = TrainerTests.options(recipe)
    let whole = try trained(options)
    let path = temporaryPath()
    defer { removeFile(path) }
    for stop in [1, 4, 5, 6, 11, 17] {
      let source = Stripes(count: 40, known: 2, classes: 4)
      let first = try Trainer(options, source: source)
      var reports = 0
      try first.run { _ in
        reports += 1
        return reports < stop
      }
      #expect(!first.isFinished)
      try Checkpoint.write(first, to: path)
      let second = try Trainer(options, source: source)
      try second.resume(Checkpoint.read(path, for: second))
      #expect(second.checkpoint == first.checkpoint)
      try second.run { _ in true }
      #expect(second.checkpoint == whole, "stopped after \(stop)")
    }
  }

  @Test func itLearns() throws {
    var options = TrainerTests.options(.default)
    options.epochs = 12
    let source = Stripes(count: 40, known: 2, classes: 4)
    let trainer = try Trainer(options, source: source)
    var losses: [Double] = []
    try trainer.run { report in
      if let terms = report.terms { losses.append(terms.supervised) }
      return true
    }
    let first: Double = losses.prefix(losses.count / 5).reduce(0, +)
    let last: Double = losses.suffix(losses.count / 5).reduce(0, +)
    #expect(last < first / 2)
    let labelled = (0..<40).filter { source.label(of: $0) != nil }
    let survey = try trainer.survey(labelled)
    let right = zip(labelled, survey.predictions).count { source.label(of: $0.0) == $0.1 }
    #expect(right >= labelled.count * 9 / 10)
    #expect(survey.usage.reduce(0, +) == UInt64(labelled.count))
  }

  /// Pseudo-labels follow their prototypes, so that the next step finds none that is not there.
  @Test func pseudoLabelsFollowPrunedPrototypes() throws {
    let options = TrainerTests.options(.default)
    let trainer = try Trainer(options, source: Stripes(count: 40, known: 2, classes: 4))
    var state = trainer.checkpoint
    state.pseudoLabels = (0..<40).map { Int32($0 % 9) - 1 }
    let usage: [UInt64] = [9, 9, 9, 0, 8, 0, 0, 7]
    let pruned = try #require(try state.pruned(usage: usage, options))
    #expect(pruned.state.prototypes == 5)
    #expect(pruned.usage.reduce(0, +) == usage.reduce(0, +))
    for (old, new) in zip(state.pseudoLabels, pruned.state.pseudoLabels) {
      switch old {
      case -1, 0, 1, 2: #expect(new == old)
      case 4: #expect(new == 3)
      case 7: #expect(new == 4)
      default: #expect(2..<5 ~= new, "\(old) was merged into a novel one")
      }
    }
  }

  @Test func numbersThatAreNotFiniteEndTheTraining() throws {
    let trainer = try Trainer(
      TrainerTests.options(.paper), source: Stripes(count: 40, known: 2, classes: 4))
    var state = trainer.checkpoint
    state.learner.parameters[3] = .infinity
    try trainer.resume(state)
    let error = #expect(throws: TrainingError.self) { try trainer.run { _ in true } }
    #expect(error?.description.hasPrefix("training has diverged: epoch 0, step 0: ") == true)
  }

  @Test func aMissingImageEndsTheTraining() throws {
    let source = Stripes(count: 40, known: 2, classes: 4, missing: 7)
    let trainer = try Trainer(TrainerTests.options(.paper), source: source)
    var before = trainer.checkpoint
    let error = #expect(throws: TrainingError.self) {
      try trainer.run { _ in
        before = trainer.checkpoint
        return true
      }
    }
    #expect(error?.description == "image 7 cannot be had from its source")
    #expect(trainer.checkpoint == before)
  }

  @Test func aCheckpointBelongsToItsTraining() throws {
    let source = Stripes(count: 40, known: 2, classes: 4)
    let path = temporaryPath()
    defer { removeFile(path) }
    let trainer = try Trainer(TrainerTests.options(.paper), source: source)
    try Checkpoint.write(trainer, to: path)
    var other = TrainerTests.options(.paper)
    other.batchSize = 10
    let stranger = try Trainer(other, source: source)
    let error = #expect(throws: TrainingError.self) {
      _ = try Checkpoint.read(path, for: stranger)
    }
    #expect(error?.description.contains("batch_size = 8, here batch_size = 10") == true)
  }

  /// Cut off anywhere, or with any byte changed.
  @Test func aDamagedCheckpointIsRefused() throws {
    let trainer = try Trainer(
      TrainerTests.options(.paper), source: Stripes(count: 40, known: 2, classes: 4))
    let path = temporaryPath()
    defer { removeFile(path) }
    try Checkpoint.write(trainer, to: path)
    let bytes = try readFile(path)
    for count in [0, 3, 8, 31, 40, 100, bytes.count - 1] {
      try writeFile(path, Array(bytes[..<count]))
      #expect(throws: TrainingError.self, "\(count) bytes") {
        _ = try Checkpoint.read(path, for: trainer)
      }
    }
    for place in stride(from: 0, to: bytes.count, by: bytes.count / 50) {
      var changed = bytes
      changed[place] ^= 0x10
      try writeFile(path, changed)
      #expect(throws: TrainingError.self, "byte \(place)") {
        _ = try Checkpoint.read(path, for: trainer)
      }
    }
  }
}
