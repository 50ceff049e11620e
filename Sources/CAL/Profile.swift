import CALNetwork
import CCal

@_cdecl("cal_session_profile") @implementation
public func cal_session_profile(
  _ session: OpaquePointer!, _ times: UnsafeMutablePointer<cal_stage_time>!, _ capacity: Int,
  _ count: UnsafeMutablePointer<Int>!
) -> cal_status {
  status { () throws(Failure) in
    let session = try sessions.find(session)
    guard let count else { throw .null("count") }
    // A size_t beyond the address space's half arrives here as a negative Int.
    guard capacity >= 0 else { throw .argument("capacity is larger than any buffer") }
    guard times != nil || capacity == 0 else { throw .null("times") }
    let profile = try session.profile()
    if let target = UnsafeMutableRawPointer(times) {
      for (i, time) in profile.prefix(capacity).enumerated() {
        let offset = i * MemoryLayout<cal_stage_time>.stride
        target.storeBytes(of: time, toByteOffset: offset, as: cal_stage_time.self)
      }
    }
    count.pointee = profile.count
  }
}

extension Session {
  /// Of all workers together, as cal.h orders them.
  fileprivate func profile() throws(Failure) -> [cal_stage_time] {
    guard !watches.isEmpty else {
      throw .argument("the session was made without CAL_SESSION_PROFILE in options->flags")
    }
    var times: [cal_stage_time] = []
    try call.run {
      for stage in Stage.allCases {
        times.append(time(stage.constant, watches.reduce(0) { $0 + $1[stage] }))
      }
      times.append(time(CAL_STAGE_WHOLE, watches.reduce(0) { $0 + $1.whole }))
    }
    return times
  }

  private func time(_ stage: Int, _ nanoseconds: UInt64) -> cal_stage_time {
    cal_stage_time(stage: cal_stage(stage), reserved: 0, nanoseconds: nanoseconds)
  }
}

extension Stage {
  fileprivate var constant: Int {
    switch self {
    case .preprocessing: CAL_STAGE_PREPROCESSING
    case .digest: CAL_STAGE_DIGEST
    case .backbone: CAL_STAGE_BACKBONE
    case .frequency: CAL_STAGE_FFE
    case .neck: CAL_STAGE_NECK
    case .head: CAL_STAGE_HEAD
    case .waiting: CAL_STAGE_WAITING
    }
  }
}
