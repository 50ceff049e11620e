import CALModel
import CALNetwork
import CCal
import Synchronization

@_cdecl("cal_model_quantize") @implementation
public func cal_model_quantize(
  _ model: OpaquePointer!, _ images: UnsafePointer<cal_image>!, _ count: Int,
  _ options: UnsafePointer<cal_quantize_options>!, _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> cal_status {
  status { () throws(Failure) in
    guard let out else { throw .null("out") }
    out.pointee = nil
    let model = try models.find(model)
    let how = try CAL.options(options)
    let quantiser = try Quantiser(model, images, count, how)
    let made = try quantiser.run()
    Log.info(
      "quantized model \(model.digest.hex): \(made.quantisation?.agreeing ?? 0) of \(count) images "
        + "keep their top prototype")
    out.pointee = models.add(made)
  }
}

/// Shows images to a model in fp32, chooses ranges, shows them in int8, and compares the answers.
private struct Quantiser {
  private let model: Model
  private let images: CallerStructs<cal_image>
  private let count: Int
  private let threads: Int
  private let isDefault: Bool
  private let progress: ProgressReport

  init(
    _ model: Model, _ images: UnsafePointer<cal_image>?, _ count: Int, _ how: cal_quantize_options
  ) throws(Failure) {
    guard 1...Int(CAL_BATCH_MAX) ~= count else {
      throw .argument("count is \(UInt(bitPattern: count)), not 1 to \(CAL_BATCH_MAX)")
    }
    try checkReserved(how.reserved)
    isDefault = try hasFlag(Int(CAL_QUANTIZE_DEFAULT), how.flags)
    threads = try threadCount(how.threads)
    self.model = model
    self.images = try CallerStructs(images, name: "images")
    try self.images.checkArray(count: count, name: "images")
    self.count = count
    progress = ProgressReport(how.progress, how.progress_user)
  }

  func run() throws(Failure) -> Model {
    let recorder = RangeRecorder(model.spec)
    let job = QuantisingJob(model, images, threads: threads, progress, count: count)
    let exact = try answers(job, .fp32, recorder)
    let quantisation = recorder.quantisation
    let coarse = try answers(job, .int8(quantisation), nil)

    var section = QuantisationSection(
      quantisation: quantisation, images: count, agreeing: 0, probabilityChange: 0,
      isDefault: isDefault)
    for (a, b) in zip(exact, coarse) {
      if a.top == b.top { section.agreeing += 1 }
      for (p, q) in zip(a.probabilities, b.probabilities) {
        section.probabilityChange = max(section.probabilityChange, abs(p - q))
      }
    }
    guard !isDefault || section.mayBeDefault else {
      throw Failure(
        CAL_ERR_REFUSED,
        "int8 keeps the top prototype of \(section.agreeing) of \(count) images; to be the "
          + "default it needs 99 of 100")
    }
    do throws(ModelError) {
      let bytes = try model.serialised(quantisation: section, parent: model.digest)
      return try Model(bytes: bytes.span.bytes)
    } catch {
      throw Failure(error)
    }
  }

  private func answers(
    _ job: QuantisingJob, _ arithmetic: Arithmetic, _ recorder: RangeRecorder?
  ) throws(Failure) -> [QuantisingJob.Answer] {
    do throws(NetworkError) {
      let network = try model.packed(
        for: .best, arithmetic: arithmetic, recorder: recorder, threads: threads)
      let executor = try Executor(network: network, threads: threads)
      executor.run(count: count, job: job)
    } catch {
      throw Failure(error)
    }
    return try job.takeAnswers()
  }
}

/// Answers of all images, or what was wrong with the first one that has none.
private final class QuantisingJob: ImageJob, @unchecked Sendable {
  struct Answer {
    /// Row of the bank.
    var top: Int32 = 0
    var probabilities: [Float] = []
  }

  private struct State {
    var answers: [Answer]
    var failure: (image: Int, what: Failure)?
    var done = 0
    var isCancelled = false
  }

  private let model: Model
  private let images: CallerStructs<cal_image>
  private let workers: [Worker]
  private let count: Int
  private let state: Mutex<State>
  private var passes = 0
  /// Touched by worker 0 only, which is the calling thread.
  private var progress: ProgressReport

  init(
    _ model: Model, _ images: CallerStructs<cal_image>, threads: Int, _ progress: ProgressReport,
    count: Int
  ) {
    self.model = model
    self.images = images
    self.progress = progress
    self.count = count
    workers = (0..<threads).map { _ in Worker(model, nil) }
    state = Mutex(State(answers: Array(repeating: Answer(), count: count)))
    super.init()
    report()
  }

  override func prepare(image: Int, worker: Int, input: inout MutableSpan<Float>) -> Bool {
    guard state.withLock({ !$0.isCancelled && $0.failure == nil }) else { return false }
    do throws(Failure) {
      workers[worker].prepare(try CheckedImage(images.read(image)), into: &input)
      return true
    } catch {
      fail(image, error)
      return false
    }
  }

  override func finish(image: Int, worker: Int, features: Span<Float>, map: Span<Float>) {
    let own = workers[worker]
    do throws(Failure) {
      try own.scores.fill(features, model.bank, model.decision, top: 1)
      let answer = Answer(top: own.scores.order[0], probabilities: own.scores.probabilities)
      state.withLock {
        $0.answers[image] = answer
        $0.done += 1
      }
      if worker == 0 { report() }
    } catch {
      fail(image, error)
    }
  }

  /// Of several images that fail at once the first one is named.
  private func fail(_ image: Int, _ what: Failure) {
    state.withLock { state in
      if state.failure.map({ image < $0.image }) ?? true { state.failure = (image, what) }
    }
  }

  private func report() {
    let done = state.withLock { $0.done }
    if !progress.report(done: UInt64(done), total: UInt64(2 * count)) {
      state.withLock { $0.isCancelled = true }
    }
  }

  func takeAnswers() throws(Failure) -> [Answer] {
    // The last image may have been another worker's.
    report()
    let state = self.state.withLock { $0 }
    if let (image, what) = state.failure {
      throw Failure(Int(what.status), "images[\(image)]: \(what.text)")
    }
    passes += 1
    guard state.done == passes * count else {
      throw Failure(
        CAL_ERR_CANCELLED,
        "cancelled after \(state.done) of \(2 * count) images (each is looked at twice)")
    }
    return state.answers
  }
}
