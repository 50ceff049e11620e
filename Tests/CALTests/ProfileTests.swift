import CCal
import Testing

/// Where the time goes: what adds up does so by construction, so no test waits for a clock.
@Suite struct ProfileTests {
  private func times(_ session: TestSession) -> [UInt64] {
    var times = [cal_stage_time](repeating: cal_stage_time(), count: 9)
    var count = 0
    expect(cal_session_profile(session.handle, &times, times.count, &count), CAL_OK)
    #expect(count == 8)
    #expect(times.map { Int($0.stage) } == Array(1...8) + [0])
    #expect(times.allSatisfy { $0.reserved == 0 })
    return times.map(\.nanoseconds)
  }

  private func attribute(
    _ session: TestSession, _ pictures: [Picture], digest: Bool = true
  ) -> [Answer] {
    let answers = pictures.map { _ in Answer() }
    var options = cal_attribute_options()
    options.struct_size = UInt32(MemoryLayout<cal_attribute_options>.size)
    options.flags = digest ? 0 : UInt32(CAL_ATTRIBUTE_NO_PIXEL_DIGEST)
    let images = pictures.map(\.image)
    var results = answers.map(\.result)
    let status = cal_session_attribute_batch(
      session.handle, images, images.count, &options, &results)
    expect(status, CAL_OK)
    for (answer, result) in zip(answers, results) { answer.result = result }
    return answers
  }

  private let pictures = (0..<7).map { Picture(50, 60, seed: UInt64($0)) }

  @Test(arguments: [0, CAL_KERNELS_REFERENCE])
  func everyStageIsThereAndTheyAddUp(kernels: Int) {
    let session = TestSession(kernels: kernels, flags: UInt32(CAL_SESSION_PROFILE))
    var before = times(session)
    #expect(before.allSatisfy { $0 == 0 })
    for _ in 0..<3 {
      _ = attribute(session, pictures)
      let after = times(session)
      for stage in [1, 2, 3, 4, 5, 6, 8] { #expect(after[stage - 1] > before[stage - 1]) }
      #expect(after[6] == 0)
      #expect(after[0..<7].reduce(0, +) <= after[7])
      before = after
    }
  }

  /// Six images on a worker each, and one on all of them.
  @Test(arguments: [2, 3])
  func theyAddUpWithSeveralThreads(threads: UInt32) {
    let session = TestSession(threads: threads, flags: UInt32(CAL_SESSION_PROFILE))
    _ = attribute(session, pictures)
    let all = times(session)
    #expect(all[0..<7].allSatisfy { $0 > 0 })
    #expect(all[0..<7].reduce(0, +) <= all[7])
  }

  @Test func whatDoesNotHappenTakesNoTime() {
    let flags = UInt32(CAL_SESSION_PROFILE)
    let plain = TestSession(flags: flags)
    _ = attribute(plain, pictures, digest: false)
    #expect(times(plain)[1] == 0)
    let statistics = TestSession(bytes: Fixture.statistics, flags: flags)
    _ = attribute(statistics, pictures)
    #expect(times(statistics)[3] == 0 && times(statistics)[4] > 0)
  }

  /// Features, evidence and images that cannot be used count as well.
  @Test(arguments: [Fixture.bytes, Fixture.statistics])
  func everyCallCounts(bytes: [UInt8]) {
    let session = TestSession(bytes: bytes, flags: UInt32(CAL_SESSION_PROFILE))
    var image = pictures[0].image
    var floats = [Float](repeating: 0, count: 1000)
    var last = times(session)
    func grew(_ stages: [Int]) {
      let now = times(session)
      for stage in stages { #expect(now[stage - 1] > last[stage - 1]) }
      #expect(now[0..<7].reduce(0, +) <= now[7])
      last = now
    }
    expect(cal_session_features(session.handle, &image, &floats, 1000), CAL_OK)
    grew([1, 3, 5, 6, 8])
    expect(cal_session_evidence(session.handle, &image, 3, &floats, 1000, nil), CAL_OK)
    grew([1, 3, 5, 6, 8])
    image.width = 0
    #expect(session.attribute(image).status == "CAL_ERR_IMAGE_SIZE")
    grew([1, 8])
  }

  @Test(arguments: [UInt32(1), 3])
  func bitsDoNotDependOnIt(threads: UInt32) {
    let plain = TestSession(threads: threads)
    let timed = TestSession(threads: threads, flags: UInt32(CAL_SESSION_PROFILE))
    let expected = attribute(plain, pictures).map(\.bits)
    #expect(attribute(timed, pictures).map(\.bits) == expected)
  }

  @Test func itIsOffUnlessAskedFor() {
    let session = TestSession()
    _ = attribute(session, pictures)
    var count = 77
    let status = cal_session_profile(session.handle, nil, 0, &count)
    expect(status, CAL_ERR_ARGUMENT, "CAL_SESSION_PROFILE")
    #expect(count == 77)
  }

  /// A program of before the flag has a struct that ends before it.
  @Test func flagsOfAnOlderProgramAreNotRead() {
    let model = load()
    defer { cal_model_free(model) }
    var session: OpaquePointer?
    var options = cal_session_options()
    options.flags = .max
    options.struct_size = 16
    expect(cal_session_create(model, &options, &session), CAL_OK)
    cal_session_free(session)
    options.struct_size = 20
    expect(cal_session_create(model, &options, &session), CAL_ERR_ARGUMENT, "flags")
    #expect(session == nil)
  }

  @Test func noMoreIsWrittenThanThereIsRoomFor() {
    let session = TestSession(flags: UInt32(CAL_SESSION_PROFILE))
    var count = 0
    expect(cal_session_profile(session.handle, nil, 0, &count), CAL_OK)
    #expect(count == 8)
    var times = [cal_stage_time](
      repeating: cal_stage_time(stage: 99, reserved: 99, nanoseconds: 99), count: 4)
    expect(cal_session_profile(session.handle, &times, 3, &count), CAL_OK)
    #expect(times.map(\.stage) == [1, 2, 3, 99] && count == 8)
  }

  @Test func misuseIsRefused() {
    let session = TestSession(flags: UInt32(CAL_SESSION_PROFILE))
    var times = [cal_stage_time](repeating: cal_stage_time(), count: 8)
    var count = 77
    expect(cal_session_profile(nil, &times, 8, &count), CAL_ERR_HANDLE)
    expect(cal_session_profile(session.model, &times, 8, &count), CAL_ERR_HANDLE)
    expect(cal_session_profile(session.handle, &times, 8, nil), CAL_ERR_ARGUMENT, "count")
    expect(cal_session_profile(session.handle, nil, 1, &count), CAL_ERR_ARGUMENT, "times")
    for capacity in [-1, Int.min] {
      expect(
        cal_session_profile(session.handle, &times, capacity, &count), CAL_ERR_ARGUMENT,
        "capacity")
    }
    #expect(count == 77 && times.allSatisfy { $0.stage == 0 })
  }

  @Test func aBusySessionSaysSo() {
    final class Seen {
      var handle: OpaquePointer?
      var statuses: [cal_status] = []
    }
    let session = TestSession(flags: UInt32(CAL_SESSION_PROFILE))
    let seen = Seen()
    seen.handle = session.handle
    var options = cal_attribute_options()
    options.struct_size = UInt32(MemoryLayout<cal_attribute_options>.size)
    options.progress_user = Unmanaged.passUnretained(seen).toOpaque()
    options.progress = { user, _, _ in
      let seen = Unmanaged<Seen>.fromOpaque(user!).takeUnretainedValue()
      var count = 0
      seen.statuses.append(cal_session_profile(seen.handle, nil, 0, &count))
      return 0
    }
    #expect(session.attribute(pictures[0].image, options).status == "CAL_OK")
    #expect(seen.statuses.count == 2 && seen.statuses.allSatisfy { $0 == CAL_ERR_BUSY })
  }
}
