import CALDigest
import CALModel
import CALUpdate
import CCal

/// An updater behind a handle. `call` admits one call at a time, and everything else here is
/// touched only by that call, which is why the class may be unchecked Sendable.
final class HostUpdater: @unchecked Sendable {
  let call = Call(of: .updater)
  private let updater: Updater
  /// Of the last preview or commit.
  private var report: [UInt8]?

  init(_ updater: Updater) { self.updater = updater }

  func use<Value>(_ body: (Updater) throws(UpdateError) -> Value) throws(Failure) -> Value {
    try call.run { () throws(Failure) in
      try updated { () throws(UpdateError) in try body(updater) }
    }
  }

  func propose(_ options: cal_commit_options, commits: Bool) throws(Failure) -> Model {
    let settings = try options.settings()
    var progress = ProgressReport(options.progress, options.progress_user)
    let call = call
    return try use { updater throws(UpdateError) in
      let report: (Double) -> Bool = { share in
        progress.report(done: UInt64(share * 1000), total: 1000) && !call.isCancelled
      }
      let made =
        commits
        ? try updater.commit(settings, progress: report)
        : try updater.preview(settings, progress: report)
      self.report = made.json
      return updater.model
    }
  }

  func lastReport() throws(Failure) -> [UInt8] {
    let report = try use { _ throws(UpdateError) in self.report }
    guard let report else {
      throw Failure(CAL_ERR_NOT_FOUND, "there was no preview and no commit with this updater")
    }
    return report
  }

  /// Attributes images with a session of the current model, and takes in those that went well. One
  /// call of both handles from its begin to its end, however many parts it has.
  func observe(
    _ session: Session, _ request: AttributionJob.Request, _ progress: ProgressReport
  ) throws(Failure) {
    try call.run { () throws(Failure) in
      let digest = updater.model.digest
      guard digest == session.model.digest else {
        throw .argument(
          "the session's model is \(session.model.digest.hex), the updater's is \(digest.hex)")
      }
      try session.call.run { () throws(Failure) in
        try observeAdmitted(session, request, progress)
      }
    }
  }

  private func observeAdmitted(
    _ session: Session, _ request: AttributionJob.Request, _ progress: ProgressReport
  ) throws(Failure) {
    request.markUnreached()
    var progress = progress
    var (done, goesOn) = (0, true)
    while goesOn {
      goesOn = progress.report(done: UInt64(done), total: UInt64(request.count))
      if done == request.count { return }
      guard goesOn, !call.isCancelled, !session.call.isCancelled else { break }
      let count = min(HostUpdater.chunk, request.count - done)
      let part = try ObservedImages(
        request, first: done, count: count, width: session.model.spec.featureCount)
      goesOn = try observe(part, session)
      done += session.call.doneCount
    }
    throw Failure(CAL_ERR_CANCELLED, "cancelled after \(done) of \(request.count) images")
  }

  /// false if the call is cancelled meanwhile: then those that were done are taken in.
  private func observe(_ images: ObservedImages, _ session: Session) throws(Failure) -> Bool {
    defer { images.finish() }
    var isWhole = true
    do throws(Failure) {
      try session.attributeAdmitted(images.request(), ProgressReport(nil, nil))
    } catch {
      guard error.status == CAL_ERR_CANCELLED else { throw error }
      isWhole = false
    }
    try images.observe(updater)
    return isWhole
  }

  /// Images whose features are held at a time.
  private static let chunk = 256
}

func updated<Value>(_ body: () throws(UpdateError) -> Value) throws(Failure) -> Value {
  do throws(UpdateError) { return try body() } catch { throw Failure(error) }
}

extension Failure {
  init(_ error: UpdateError) {
    switch error {
    case .argument(let text): self.init(CAL_ERR_ARGUMENT, text)
    case .notFound(let text): self.init(CAL_ERR_NOT_FOUND, text)
    case .locked(let text): self.init(CAL_ERR_STATE_LOCKED, text)
    case .damaged(let text): self.init(CAL_ERR_STATE_DAMAGED, text)
    case .io(let text): self.init(CAL_ERR_IO, text)
    case .refused(let text): self.init(CAL_ERR_REFUSED, text)
    case .model(let error): self.init(error)
    case .cancelled: self.init(CAL_ERR_CANCELLED, error.description)
    }
  }
}
