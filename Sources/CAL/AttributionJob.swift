import CALModel
import CALNetwork
import CCal

/// Attributes the images of one call, each on whichever worker gets it. Nothing is kept between
/// `prepare` and `finish` but what already stands in the image's result.
final class AttributionJob: ImageJob {
  /// A caller's arguments, checked.
  struct Request {
    var images: CallerStructs<cal_image>
    var results: CallerStructs<cal_result>
    var count: Int
    var decision: Decision
    var wantsDigest: Bool

    /// Says of all images that no one has come to them yet, which stays so if the call is cancelled.
    func markUnreached() {
      let notReached = Failure(CAL_ERR_CANCELLED, "the call was cancelled before this image")
      for image in 0..<count { results.write(results.read(image).failed(notReached), image) }
    }
  }

  private let model: Model
  private let workers: [Worker]
  private let call: Call
  /// Only while a call runs.
  private var request: Request?
  /// Touched by worker 0 only, which is the calling thread.
  private var progress = ProgressReport(nil, nil)

  init(model: Model, workers: [Worker], call: Call) {
    self.model = model
    self.workers = workers
    self.call = call
  }

  func run(
    _ request: Request, _ progress: ProgressReport, on executor: Executor
  ) throws(Failure) {
    self.request = request
    self.progress = progress
    defer {
      self.request = nil
      self.progress = ProgressReport(nil, nil)
    }
    request.markUnreached()
    report(request)
    executor.run(count: request.count, job: self)
    // Every image that was done by worker 0 was reported; the last one may not have been.
    guard call.doneCount < request.count else { return report(request) }
    let sentence = "cancelled after \(call.doneCount) of \(request.count) images"
    Log.info(sentence)
    throw Failure(CAL_ERR_CANCELLED, sentence)
  }

  override func prepare(image: Int, worker: Int, input: inout MutableSpan<Float>) -> Bool {
    guard let request, !call.isCancelled else { return false }
    var result = request.results.read(image)
    do throws(Failure) {
      try result.checkBuffers(featureCount: model.spec.featureCount)
      let source = try CheckedImage(request.images.read(image))
      let own = workers[worker]
      own.prepare(source, into: &input)
      result.setImage(source)
      if request.wantsDigest {
        own.watch?.lap(.preprocessing)
        result.setDigest(own.digest(source))
        own.watch?.lap(.digest)
      }
      request.results.write(result, image)
      return true
    } catch {
      end(image, worker, result.failed(error))
      return false
    }
  }

  override func finish(image: Int, worker: Int, features: Span<Float>, map: Span<Float>) {
    guard let request else { return }
    let own = workers[worker]
    var result = request.results.read(image)
    do throws(Failure) {
      let top = max(Int(result.ranked_capacity), 1)
      try own.scores.fill(features, model.bank, request.decision, top: top)
      result.setScores(own.scores, features, model.bank, request.decision)
      end(image, worker, result)
    } catch {
      end(image, worker, result.failed(error))
    }
  }

  private func end(_ image: Int, _ worker: Int, _ result: cal_result) {
    guard let request else { return }
    request.results.write(result, image)
    call.countOne()
    if worker == 0 { report(request) }
  }

  private func report(_ request: Request) {
    let goOn = progress.report(done: UInt64(call.doneCount), total: UInt64(request.count))
    if !goOn { call.cancel() }
  }
}
