import CALLearning
import CALModel
import Testing

@testable import CALTraining

/// Labelled images that are held out: which ones, what is said of them, and what follows from it.
@Suite struct ValidationTests {
  private let source = Stripes(count: 40, known: 2, classes: 4)

  private func options(share: Double = 0.25, epochs: Int = 6) -> TrainingOptions {
    var options = TrainerTests.options(.default)
    options.epochs = epochs
    options.validation.share = share
    return options
  }

  private func finished(
    _ options: TrainingOptions, _ source: ImageSource? = nil
  ) throws -> (trainer: Trainer, ends: [TrainingReport]) {
    let trainer = try Trainer(options, source: source ?? self.source)
    var ends: [TrainingReport] = []
    try trainer.run { report in
      if report.terms == nil { ends.append(report) } else { #expect(report.validation == nil) }
      return true
    }
    return (trainer, ends)
  }

  private func modelBytes(_ trainer: Trainer) throws -> [UInt8] {
    try trainer.model(.init(names: ["one", "two"], provenance: Provenance()))
  }

  /// 6 labelled images of one class and 7 of the other.
  @Test(arguments: [(0.01, [1, 1]), (0.25, [2, 2]), (0.5, [3, 4]), (0.9, [5, 6])])
  func aShareOfEachClassIsHeldOut(_ share: Double, _ counts: [Int]) throws {
    let labelled = (0..<40).filter { source.label(of: $0) != nil }
    #expect([0, 1].map { label in labelled.count { source.label(of: $0) == label } } == [6, 7])
    let images = try TrainingImages(source, options(share: share))
    let heldOut = images.heldOut
    #expect([0, 1].map { label in heldOut.count { source.label(of: $0) == label } } == counts)
    #expect((images.labelled + heldOut).sorted() == labelled)
    #expect(images.unlabelled == (0..<40).filter { source.label(of: $0) == nil })
    #expect(try TrainingImages(source, options(share: share)).heldOut == heldOut)
  }

  @Test func theSeedChoosesWhichAreHeldOut() throws {
    var choices = Set<[Int]>()
    for seed in 1...20 {
      var options = options()
      options.seed = UInt64(seed)
      choices.insert(try TrainingImages(source, options).heldOut)
    }
    // 15 x 21 are possible.
    #expect(choices.count > 10)
  }

  /// An image that cannot be had is no harm to the steps, as none of them asks for it.
  @Test func heldOutImagesAreNotTrainedOn() throws {
    let source = Stripes(count: 40, known: 2, classes: 4, missing: 4, heldOut: [4, 8])
    let trainer = try Trainer(options(share: 0), source: source)
    #expect(trainer.heldOutCount == 2)
    var steps = 0
    let error = #expect(throws: TrainingError.self) {
      try trainer.run { _ in
        steps += 1
        return true
      }
    }
    #expect(error?.description == "image 4 cannot be had from its source")
    #expect(steps == trainer.stepsPerEpoch)

    // What could not be finished has not begun, and can be tried again.
    let before = trainer.checkpoint
    #expect(before.epoch == 0 && before.step == trainer.stepsPerEpoch)
    source.missing = nil
    try trainer.run { _ in true }
    let whole = Stripes(count: 40, known: 2, classes: 4, heldOut: [4, 8])
    #expect(try finished(options(share: 0), whole).trainer.checkpoint == trainer.checkpoint)
  }

  @Test func theReportHasAccuracyAndConfidence() throws {
    let (trainer, ends) = try finished(options(epochs: 12))
    let heldOut = try TrainingImages(source, trainer.options).heldOut
    let survey = try trainer.survey(heldOut)
    let hits = zip(heldOut, survey.predictions).count { source.label(of: $0.0) == $0.1 }
    let mean = survey.probabilities.map(Double.init).reduce(0, +) / Double(heldOut.count)
    let last = try #require(ends.last?.validation)
    #expect(last.accuracy == Double(hits) / Double(heldOut.count))
    #expect(abs(last.confidence - mean) < 1e-12)
    #expect(last.accuracy > 0.7)
    #expect(ends.map(\.isFinished) == Array(repeating: false, count: 11) + [true])
    let accuracies = ends.compactMap { $0.validation?.accuracy }
    #expect(accuracies.count == 12)
    for (i, end) in ends.enumerated() {
      let best = accuracies[...i].max()
      #expect(end.bestEpoch == accuracies.firstIndex { $0 == best })
    }
  }

  @Test func patienceEndsTheTraining() throws {
    let accuracies = try finished(options(epochs: 30)).ends.compactMap { $0.validation?.accuracy }
    var patient = options(epochs: 30)
    patient.validation.patience = 3
    let (trainer, ends) = try finished(patient)
    var best = 0
    var expected = 30
    for epoch in 1..<30 {
      if accuracies[epoch] > accuracies[best] { best = epoch }
      if epoch - best == 3 {
        expected = epoch + 1
        break
      }
    }
    #expect(ends.count == expected && expected < 30)
    #expect(ends.last?.isFinished == true && trainer.isFinished)
    #expect(ends.compactMap { $0.validation?.accuracy } == Array(accuracies[..<expected]))
    try trainer.run { _ in
      Issue.record("it goes on")
      return false
    }
  }

  @Test func theBestEpochCanBecomeTheModel() throws {
    var keeping = options(epochs: 8)
    keeping.validation.keepsBest = true
    let (trainer, ends) = try finished(keeping)
    let best = try #require(ends.last?.bestEpoch)
    #expect(best < 7)
    // The model of a training that was stopped there.
    let stopped = try Trainer(options(epochs: 8), source: source)
    try stopped.run { $0.terms != nil || $0.epoch < best }
    #expect(try modelBytes(trainer) == modelBytes(stopped))
    #expect(try modelBytes(trainer) != modelBytes(finished(options(epochs: 8)).trainer))
  }

  /// Stopped within the first epoch, at epochs' ends, and between them.
  @Test func resumingGivesTheSameBits() throws {
    var options = options(epochs: 20)
    options.validation.keepsBest = true
    options.validation.patience = 4
    let whole = try finished(options).trainer
    #expect(whole.state.validation.kept != nil && whole.state.epoch < 20)
    let path = temporaryPath()
    defer { removeFile(path) }
    for stop in [2, 6, 7, 14, 15, 21] {
      let first = try Trainer(options, source: source)
      var reports = 0
      try first.run { _ in
        reports += 1
        return reports < stop
      }
      try Checkpoint.write(first, to: path)
      let second = try Trainer(options, source: source)
      try second.resume(Checkpoint.read(path, for: second))
      #expect(second.checkpoint == first.checkpoint)
      try second.run { _ in true }
      #expect(second.checkpoint == whole.checkpoint, "stopped after \(stop)")
      #expect(try modelBytes(second) == modelBytes(whole))
    }
  }

  @Test func aCheckpointBelongsToItsHeldOutImages() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    func trainer(_ heldOut: Set<Int>) throws -> Trainer {
      try Trainer(
        options(share: 0), source: Stripes(count: 40, known: 2, classes: 4, heldOut: heldOut))
    }
    try Checkpoint.write(trainer([4, 8]), to: path)
    for other in [Set([4]), [4, 16]] {
      let stranger = try trainer(other)
      #expect(throws: TrainingError.self) { _ = try Checkpoint.read(path, for: stranger) }
    }
    _ = try Checkpoint.read(path, for: trainer([4, 8]))
  }

  @Test func whatCannotBeIsRefused() throws {
    func refusal(_ source: ImageSource, _ change: (inout TrainingOptions) -> Void) -> String {
      var options = options(share: 0)
      change(&options)
      let error = #expect(throws: TrainingError.self) { try Trainer(options, source: source) }
      return error?.description ?? ""
    }
    #expect(refusal(source) { $0.validation.share = 0.95 } == "validation is 0.95, not 0.0 to 0.9")
    #expect(refusal(source) { $0.validation.share = .nan } == "validation is nan, not 0.0 to 0.9")
    #expect(
      refusal(source) { $0.validation.patience = 3 }
        == "patience is 3, but no images are held out to validate on")
    #expect(
      refusal(source) { $0.validation.keepsBest = true }
        == "the best epoch is to be kept, but no images are held out to validate on")
    #expect(
      refusal(Stripes(count: 40, known: 2, classes: 4, heldOut: [4])) {
        $0.validation.share = 0.2
      } == "validation is 0.2, but 1 images are held out already")
    #expect(
      refusal(Stripes(count: 40, known: 2, classes: 4, heldOut: [3])) { _ in }
        == "image 3 is held out, but has no label to validate it by")
    #expect(
      refusal(Stripes(count: 5, known: 2, classes: 4)) { $0.validation.share = 0.2 }
        == "validation is 0.2, but no known class has two labelled images")
  }
}
