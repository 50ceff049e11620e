import CALModel
import CCal

@_cdecl("cal_session_report") @implementation
public func cal_session_report(
  _ session: OpaquePointer!, _ result: UnsafePointer<cal_result>!,
  _ source: UnsafePointer<CChar>!, _ buffer: UnsafeMutablePointer<CChar>!, _ capacity: Int,
  _ length: UnsafeMutablePointer<Int>!
) -> cal_status {
  status { () throws(Failure) in
    let session = try sessions.find(session)
    let result = try CallerStructs(result, name: "result").read()
    let output = try TextOutput(buffer, capacity, length)
    var sourceText: String?
    if let source { sourceText = try text(source, name: "source") }
    let report = try Report(session, result, source: sourceText)
    output.write(report.json)
  }
}

/// The schema is docs/report.schema.json; the order of the members is part of it.
private struct Report {
  let session: Session
  let result: cal_result
  let source: String?
  let verdict: Verdict
  let scores: [cal_score]

  var isOK: Bool { result.status == CAL_OK }
  var model: Model { session.model }

  /// A caller may hand in anything as a result: throws unless it could be this session's.
  init(_ session: Session, _ result: cal_result, source: String?) throws(Failure) {
    self.session = session
    self.result = result
    self.source = source
    guard "\(statusName(result.status))" != "CAL_ERR_UNKNOWN" else {
      throw .argument("result->status is \(result.status), which is no cal_status")
    }
    guard result.status == CAL_OK else {
      verdict = .undetermined
      scores = []
      return
    }
    guard let verdict = Verdict(rawValue: result.verdict) else {
      throw .argument("result->verdict is \(result.verdict), which is no CAL_VERDICT_ value")
    }
    guard result.bank_epoch == session.model.bank.epoch else {
      throw .argument(
        "result->bank_epoch is \(result.bank_epoch), the session's is \(session.model.bank.epoch)")
    }
    try checkCrop(result)
    let decision = try recordedDecision(result, session.model)
    self.verdict = verdict
    scores = try ranked(result, session.model.bank)
    guard let top = scores.first else { return }
    let kind = session.model.bank.prototypes[Int(top.index)].kind
    let ruled = decision.verdict(top: kind, probability: top.probability)
    guard verdict == ruled else {
      throw .argument(
        "result->verdict is \(verdict.name), but its thresholds and top prototype give "
          + "\(ruled.name)")
    }
  }

  var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.member("schema", "cal.report/1")
      json.member("source", source)
      json.member("status", "\(statusName(result.status))")
      json.member("error", isOK ? nil : result.errorText)
      json.member("verdict", isOK ? verdict.name : nil)
      json.key("thresholds")
      if isOK { writeThresholds(&json) } else { json.null() }
      json.key("ranked")
      json.array { json in
        for (i, score) in scores.enumerated() { write(score, rank: i + 1, &json) }
      }
      json.key("image")
      if isOK { writeImage(&json) } else { json.null() }
      json.key("model")
      json.object { json in
        json.member("sha256", model.digest.hex)
        json.member("format_version", model.formatVersion)
      }
      json.key("bank")
      json.object { $0.member("epoch", model.bank.epoch) }
      json.key("tool")
      writeTool(&json)
    }
    return json.bytes
  }

  private func writeThresholds(_ json: inout JSONWriter) {
    json.object { json in
      json.threshold("known", result.known_threshold)
      json.threshold("novel", result.novel_threshold)
    }
  }

  private func write(_ score: cal_score, rank: Int, _ json: inout JSONWriter) {
    let prototype = model.bank.prototypes[Int(score.index)]
    json.object { json in
      json.member("rank", rank)
      json.member("id", score.id)
      json.member("name", prototype.name.isEmpty ? nil : prototype.name)
      json.member("kind", prototype.kind.name)
      json.member("logit", score.logit)
      json.member("probability", score.probability)
    }
  }

  private func writeImage(_ json: inout JSONWriter) {
    json.object { json in
      json.member("width", result.width)
      json.member("height", result.height)
      json.key("crop")
      json.object { json in
        json.member("x", result.crop_x)
        json.member("y", result.crop_y)
        json.member("width", result.crop_width)
        json.member("height", result.crop_height)
      }
      json.member("pixels_sha256", result.digestText)
    }
  }

  /// The number of threads is not named: it does not change a bit.
  private func writeTool(_ json: inout JSONWriter) {
    json.object { json in
      json.member("name", "libcal")
      json.member("version", BuildInfo.version)
      json.member("abi", CAL_ABI_VERSION)
      json.member("source", BuildInfo.source)
      json.member("kernels", session.kernels.name)
      json.member("precision", session.precision.name)
      json.member("blas", BuildInfo.blas)
    }
  }
}

/// The pixels that were used must be some of the image's.
private func checkCrop(_ result: cal_result) throws(Failure) {
  func fits(_ first: UInt32, _ count: UInt32, _ side: UInt32) -> Bool {
    count > 0 && UInt64(first) + UInt64(count) <= UInt64(side)
  }
  guard fits(result.crop_x, result.crop_width, result.width),
    fits(result.crop_y, result.crop_height, result.height)
  else {
    throw .argument(
      "result->crop is \(result.crop_width) x \(result.crop_height) pixels at "
        + "\(result.crop_x), \(result.crop_y) of an image of \(result.width) x \(result.height): "
        + "no attribution gave this result")
  }
}

/// The rule that the result says its verdict was made with, the caller's thresholds included.
private func recordedDecision(
  _ result: cal_result, _ model: Model
) throws(Failure) -> Decision {
  for (name, value) in [
    ("known_threshold", result.known_threshold), ("novel_threshold", result.novel_threshold),
  ] {
    guard value.isFinite, value <= 1 else {
      throw .argument("result->\(name) is \(value), not a probability")
    }
  }
  var decision = model.decision
  decision.knownThreshold = result.known_threshold
  decision.novelThreshold = result.novel_threshold
  return decision
}

/// The scores of a result, each checked to name a prototype of the bank, and to stand where
/// attribution ranks it.
private func ranked(_ result: cal_result, _ bank: Bank) throws(Failure) -> [cal_score] {
  let count = Int(result.ranked_count)
  guard count <= result.ranked_capacity, count <= bank.active.count else {
    throw .argument(
      "result->ranked_count is \(count), more than its capacity \(result.ranked_capacity) "
        + "or the \(bank.active.count) prototypes in use")
  }
  guard count > 0 else { return [] }
  guard let first = UnsafeRawPointer(result.ranked) else { throw .null("result->ranked") }
  var scores: [cal_score] = []
  var ids: Set<UInt64> = []
  for i in 0..<count {
    let offset = i * MemoryLayout<cal_score>.stride
    let score = first.loadUnaligned(fromByteOffset: offset, as: cal_score.self)
    guard score.index < bank.prototypes.count,
      bank.prototypes[Int(score.index)].id == score.id,
      bank.prototypes[Int(score.index)].kind != .retired
    else {
      throw .argument(
        "result->ranked[\(i)] has id \(score.id) and index \(score.index): no such prototype is "
          + "in use")
    }
    guard score.logit.isFinite, 0...1 ~= score.probability else {
      throw .argument(
        "result->ranked[\(i)] has logit \(score.logit) and probability \(score.probability)")
    }
    guard ids.insert(score.id).inserted else {
      throw .argument("result->ranked[\(i)] has id \(score.id), which came before")
    }
    if let last = scores.last {
      guard (score.logit, last.id) < (last.logit, score.id) else {
        throw .argument(
          "result->ranked[\(i)] has logit \(score.logit) and id \(score.id), which is no rank "
            + "behind logit \(last.logit) and id \(last.id)")
      }
    }
    scores.append(score)
  }
  return scores
}

extension JSONWriter {
  /// null where no threshold was asked for.
  fileprivate mutating func threshold(_ name: String, _ value: Float) {
    key(name)
    if value < 0 { null() } else { self.value(value) }
  }
}

extension Verdict {
  fileprivate var name: String {
    switch self {
    case .undetermined: "undetermined"
    case .known: "known"
    case .novel: "novel"
    }
  }
}
