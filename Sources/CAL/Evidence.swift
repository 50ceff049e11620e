import CALModel
import CALNetwork
import CCal

@_cdecl("cal_session_evidence") @implementation
public func cal_session_evidence(
  _ session: OpaquePointer!, _ image: UnsafePointer<cal_image>!, _ prototype_id: UInt64,
  _ map: UnsafeMutablePointer<Float>!, _ capacity: Int, _ logit: UnsafeMutablePointer<Float>!
) -> cal_status {
  status { () throws(Failure) in
    let session = try sessions.find(session)
    let positions = session.model.spec.mapSize * session.model.spec.mapSize
    try checkFloats(map, "map", capacity, positions)
    let request = EvidenceJob.Request(
      image: try CallerStructs(image, name: "image").read(),
      row: try session.model.bank.row(ofID: prototype_id),
      map: UnsafeMutableBufferPointer(start: map, count: positions))
    let sum = try session.evidence(request)
    logit?.pointee = sum
  }
}

extension Bank {
  /// Where a prototype stands among those in use.
  fileprivate func row(ofID id: UInt64) throws(Failure) -> Int {
    let entry = try entry(of: id)
    guard let row = active.firstIndex(of: entry) else {
      throw Failure(CAL_ERR_NOT_FOUND, "prototype \(id) is retired, so it has no logit")
    }
    return row
  }
}

/// Says of one image where one prototype's logit comes from.
final class EvidenceJob: ImageJob {
  /// A caller's arguments, checked but for the image.
  struct Request {
    var image: cal_image
    /// Of the logits.
    var row: Int
    /// One value for each position.
    var map: UnsafeMutableBufferPointer<Float>
  }

  private let model: Model
  private let workers: [Worker]
  private let call: Call
  private let network: Network
  private let mapStride: Int
  /// So that the caller's map is untouched if a value is not finite.
  private var values: [Float]
  /// Only while a call runs.
  private var request: Request?
  /// Of a statistics neck: what its maps have brought so far.
  private var parts: StatisticsEvidence?
  private var outcome: Result<Float, Failure> = .success(0)

  init(model: Model, workers: [Worker], call: Call, executor: Executor) {
    self.model = model
    self.workers = workers
    self.call = call
    network = executor.network
    mapStride = executor.mapStride
    values = Array(repeating: 0, count: model.spec.mapSize * model.spec.mapSize)
  }

  /// Fills the caller's map and gives the logit.
  func run(_ request: Request, on executor: Executor) throws(Failure) -> Float {
    self.request = request
    defer {
      self.request = nil
      parts = nil
    }
    outcome = .failure(Failure(CAL_ERR_CANCELLED, "the call was cancelled before its image"))
    executor.run(count: 1, job: self)
    return try outcome.get()
  }

  override func prepare(image: Int, worker: Int, input: inout MutableSpan<Float>) -> Bool {
    guard let request, !call.isCancelled else { return false }
    do throws(Failure) {
      workers[worker].prepare(try CheckedImage(request.image), into: &input)
      return true
    } catch {
      outcome = .failure(error)
      return false
    }
  }

  override func receive(statistics: Span<Float>, image: Int, worker: Int) {
    guard let request, let projection = network.projection else { return }
    parts = StatisticsEvidence(projection, model, row: request.row, statistics: statistics)
  }

  override func receive(map: StatisticsMap, values: Span<Float>, image: Int, worker: Int) {
    parts?.add(map, values)
  }

  override func finish(image: Int, worker: Int, features: Span<Float>, map: Span<Float>) {
    guard let request else { return }
    do throws(Failure) {
      try workers[worker].scores.fillLogits(features, model.bank)
      try fill(&values, request.row, map)
      _ = request.map.update(from: values)
      outcome = .success(workers[worker].scores.logits[request.row])
    } catch {
      outcome = .failure(error)
    }
  }

  private func fill(_ values: inout [Float], _ row: Int, _ map: Span<Float>) throws(Failure) {
    var fits = true
    if model.spec.neck.takesStatistics {
      if let parts { values = parts.values } else { fits = false }
    } else {
      var values = values.mutableSpan
      fits = model.bank.evidence(
        row: row, map: map, mapStride: mapStride, scale: network.neckScale,
        shift: network.neckShift, isUnit: network.spec.neck.isUnit, into: &values)
    }
    guard fits else { throw Failure(CAL_ERR_INTERNAL, "the feature map does not fit the bank") }
    for position in values.indices where !values[position].isFinite {
      throw Failure(
        CAL_ERR_NUMERIC, "the evidence at position \(position) is \(values[position])")
    }
  }
}
