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
    let job = try QuantisingJob(model, images, threads: threads, progress, count: count)
    try look(job, .fp32, recorder)
    let quantisation = recorder.quantisation
    job.startComparing()
    try look(job, .int8(quantisation), nil)

    let section = QuantisationSection(
      quantisation: quantisation, images: count, agreeing: job.comparison.agreeing,
      probabilityChange: job.comparison.change, isDefault: isDefault)
    guard !isDefault || section.mayBeDefault else {
      throw Failure(
        CAL_ERR_REFUSED,
        "int8 keeps the top prototype of \(section.agreeing) of \(count) images; to be the "
          + "default it needs 99 of 100")
    }
    return try modelResult { () throws(ModelError) in
      let bytes = try model.serialised(quantisation: section, parent: model.digest)
      return try Model(bytes: bytes.span.bytes)
    }
  }

  private func look(
    _ job: QuantisingJob, _ arithmetic: Arithmetic, _ recorder: RangeRecorder?
  ) throws(Failure) {
    do throws(NetworkError) {
      let network = try model.packed(
        for: .best, arithmetic: arithmetic, recorder: recorder, threads: threads)
      let executor = try Executor(network: network, threads: threads)
      executor.run(count: count, job: job)
    } catch {
      throw Failure(error)
    }
    try job.checkPass()
  }
}

/// Notes the answers to all images, and then compares other ones to them; or what was wrong with
/// the first image that has none.
private final class QuantisingJob: ImageJob, @unchecked Sendable {
  struct Comparison {
    /// Images whose top prototype stays the same.
    var agreeing = 0
    /// The largest, of any probability.
    var change: Float = 0
  }

  private struct State {
    var comparison = Comparison()
    var failure: (image: Int, what: Failure)?
    var done = 0
    var isCancelled = false
  }

  private let model: Model
  private let images: CallerStructs<cal_image>
  private let workers: [Worker]
  private let count: Int
  /// Only the worker that has an image touches its answer.
  private let noted: NotedAnswers
  private let state = Mutex(State())
  private var compares = false
  /// Touched by worker 0 only, which is the calling thread.
  private var progress: ProgressReport

  init(
    _ model: Model, _ images: CallerStructs<cal_image>, threads: Int, _ progress: ProgressReport,
    count: Int
  ) throws(Failure) {
    guard let noted = NotedAnswers(images: count, prototypes: model.bank.active.count) else {
      throw Failure(
        CAL_ERR_MEMORY, "no memory for \(model.bank.active.count) probabilities of \(count) images")
    }
    self.noted = noted
    self.model = model
    self.images = images
    self.progress = progress
    self.count = count
    workers = (0..<threads).map { _ in Worker(model, nil) }
    super.init()
    report()
  }

  var comparison: Comparison { state.withLock { $0.comparison } }

  /// From now on answers are compared to those that were noted.
  func startComparing() { compares = true }

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
      var found = Comparison()
      if compares {
        found.agreeing = noted.top(image) == own.scores.order[0] ? 1 : 0
        for (old, new) in zip(noted.probabilities(image), own.scores.probabilities) {
          found.change = max(found.change, abs(old - new))
        }
      } else {
        noted.note(image, top: own.scores.order[0], own.scores.probabilities)
      }
      state.withLock {
        $0.comparison.agreeing += found.agreeing
        $0.comparison.change = max($0.comparison.change, found.change)
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

  /// Throws unless all images were looked at.
  func checkPass() throws(Failure) {
    // The last image may have been another worker's.
    report()
    let (failure, done) = state.withLock { ($0.failure, $0.done) }
    if let (image, what) = failure {
      throw Failure(Int(what.status), "images[\(image)]: \(what.text)")
    }
    guard done == (compares ? 2 : 1) * count else {
      throw Failure(
        CAL_ERR_CANCELLED,
        "cancelled after \(done) of \(2 * count) images (each is looked at twice)")
    }
  }
}
