import CALModel
import CALNetwork
import CCal

@_cdecl("cal_session_create") @implementation
public func cal_session_create(
  _ model: OpaquePointer!, _ options: UnsafePointer<cal_session_options>!,
  _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> cal_status {
  status { () throws(Failure) in
    guard let out else { throw .null("out") }
    out.pointee = nil
    let loaded = try models.find(model)
    let how = try CAL.options(options)
    try checkReserved(how.reserved)
    let session = try Session(
      loaded, threads: threadCount(how.threads), kernels: how.kernelSet(),
      precision: how.chosenPrecision(loaded), takesTime: how.wantsProfile())
    Log.info(
      "session: \(session.workers.count) threads, \(session.kernels.name) kernels, \(session.precision.name), "
        + "model \(loaded.digest.hex)")
    out.pointee = sessions.add(session)
  }
}

@_cdecl("cal_session_free") @implementation
public func cal_session_free(_ session: OpaquePointer!) { sessions.remove(session) }

@_cdecl("cal_session_cancel") @implementation
public func cal_session_cancel(_ session: OpaquePointer!) -> cal_status {
  status { () throws(Failure) in try sessions.find(session).call.cancel() }
}

@_cdecl("cal_session_kernels") @implementation
public func cal_session_kernels(_ session: OpaquePointer!) -> UnsafePointer<CChar>! {
  guard let session = try? sessions.find(session) else { return staticText("") }
  switch session.kernels {
  case .portable: return staticText("portable")
  case .avx2: return staticText("avx2")
  case .avx512: return staticText("avx512")
  case .reference: return staticText("reference")
  }
}

@_cdecl("cal_session_precision") @implementation
public func cal_session_precision(_ session: OpaquePointer!) -> UnsafePointer<CChar>! {
  guard let session = try? sessions.find(session) else { return staticText("") }
  switch session.precision {
  case .fp32: return staticText("fp32")
  case .int8: return staticText("int8")
  case .bf16: return staticText("bf16")
  }
}

let sessions = HandleTable<Session>(.session)

/// Scratch memory and threads for attribution with one model, which it keeps alive.
///
/// `call` admits one call at a time; everything else here is touched only by that call and the
/// workers that it drives, which is why the class may be unchecked Sendable.
final class Session: @unchecked Sendable {
  let model: Model
  let workers: [Worker]
  let call = Call(of: .session)
  /// One for each worker, or none.
  let watches: [Stopwatch]
  private let executor: Executor
  private let attribution: AttributionJob
  private let evidence: EvidenceJob
  private var mapKeeper: Executor?

  var kernels: KernelSet { executor.network.kernels }
  var precision: Precision { executor.network.precision }

  init(
    _ model: Model, threads: Int, kernels: KernelSet, precision: Precision, takesTime: Bool
  ) throws(Failure) {
    let watches = takesTime ? (0..<threads).map { _ in Stopwatch() } : []
    do throws(NetworkError) {
      executor = try Executor(
        network: model.network(for: kernels, precision, threads: threads), threads: threads,
        watches: watches)
    } catch {
      throw Failure(error)
    }
    self.model = model
    self.watches = watches
    workers = (0..<threads).map { Worker(model, watches.isEmpty ? nil : watches[$0]) }
    attribution = AttributionJob(model: model, workers: workers, call: call)
    evidence = EvidenceJob(model: model, workers: workers, call: call, executor: executor)
  }

  deinit { Log.debug("session ended") }

  func attribute(
    _ request: AttributionJob.Request, _ progress: ProgressReport
  ) throws(Failure) {
    try call.run { () throws(Failure) in try attributeAdmitted(request, progress) }
  }

  /// The same for a caller that `call` has admitted, which may ask for it several times.
  func attributeAdmitted(
    _ request: AttributionJob.Request, _ progress: ProgressReport
  ) throws(Failure) {
    call.startCounting()
    try attribution.run(request, progress, on: executor)
  }

  func evidence(_ request: EvidenceJob.Request) throws(Failure) -> Float {
    try call.run { () throws(Failure) in
      try evidence.run(request, on: try executorForEvidence())
    }
  }

  /// A statistics neck looks at all maps, so they need room of their own; made when first asked for.
  private func executorForEvidence() throws(Failure) -> Executor {
    guard model.spec.neck.takesStatistics else { return executor }
    if let mapKeeper { return mapKeeper }
    do throws(NetworkError) {
      let made = try Executor(
        network: executor.network, threads: 1, keepsMaps: true, watches: watches)
      mapKeeper = made
      return made
    } catch {
      throw Failure(error)
    }
  }
}

extension Failure {
  init(_ error: NetworkError) {
    let status =
      switch error {
      case .threads: CAL_ERR_THREADS
      case .memory: CAL_ERR_MEMORY
      case .kernels: CAL_ERR_ARGUMENT
      // The reader of model files has checked every tensor and range.
      case .parameter, .range: CAL_ERR_INTERNAL
      }
    self.init(status, error.description)
  }
}
