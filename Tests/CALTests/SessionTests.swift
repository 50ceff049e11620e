import CCal
import Testing

@Suite struct SessionTests {
  private func create(
    _ model: OpaquePointer?, _ change: (inout cal_session_options) -> Void
  ) -> (status: cal_status, session: OpaquePointer?) {
    var options = cal_session_options()
    options.struct_size = UInt32(MemoryLayout<cal_session_options>.size)
    change(&options)
    var session = OpaquePointer(bitPattern: 99)
    return (cal_session_create(model, &options, &session), session)
  }

  @Test func hostileOptionsAreRefused() {
    let model = load()
    defer { cal_model_free(model) }
    let tooMany = UInt32(CAL_THREADS_MAX) + 1
    let changes: [(String, (inout cal_session_options) -> Void)] = [
      ("threads", { $0.threads = tooMany }), ("threads", { $0.threads = .max }),
      ("kernels", { $0.kernels = -1 }), ("kernels", { $0.kernels = 4 }),
      ("kernels", { $0.kernels = .max }), ("reserved", { $0.reserved = 1 }),
      ("flags", { $0.flags = 2 }), ("flags", { $0.flags = .max }),
      ("precision", { $0.precision = -1 }), ("precision", { $0.precision = 4 }),
      ("precision", { $0.precision = .max }),
      ("no ranges", { $0.precision = cal_precision(CAL_PRECISION_INT8) }),
    ]
    for (word, change) in changes {
      let (status, session) = create(model, change)
      expect(status, CAL_ERR_ARGUMENT, word)
      #expect(session == nil)
    }
    expect(cal_session_create(model, nil, nil), CAL_ERR_ARGUMENT, "out")
  }

  @Test(arguments: [1, 2, 3, 9])
  func kernelsAreThoseAskedForOrRefused(kernels: Int) {
    let names = [1: "portable", 2: "avx2", 3: "avx512", 9: "reference"]
    let build = text { cal_build_info($0, $1, $2) }
    let line = build.split(separator: "\n").first { $0.hasPrefix("kernels-available:") }
    let available = (line ?? "").split(separator: " ").dropFirst().map(String.init)
    let model = load()
    defer { cal_model_free(model) }
    let (status, session) = create(model) { $0.kernels = cal_kernels(kernels) }
    if available.contains(names[kernels]!) {
      expect(status, CAL_OK)
      #expect(String(cString: cal_session_kernels(session)) == names[kernels])
    } else {
      expect(status, CAL_ERR_ARGUMENT, names[kernels]!)
      #expect(session == nil)
    }
    #expect(available.contains("portable") && available.contains("reference"))
    cal_session_free(session)
  }

  @Test func automaticKernelsAreTheBestOnes() {
    let session = TestSession()
    let build = text { cal_build_info($0, $1, $2) }
    let name = String(cString: cal_session_kernels(session.handle))
    #expect(build.contains("\nkernels: \(name)\n"))
  }

  @Test func aBusySessionSaysSo() {
    let session = TestSession()
    let picture = Picture(30, 30, seed: 1)
    final class Seen {
      var handle: OpaquePointer?
      var image = cal_image()
      var statuses: [cal_status] = []
      var outer = cal_result()
    }
    let seen = Seen()
    seen.handle = session.handle
    seen.image = picture.image
    var options = cal_attribute_options()
    options.struct_size = 32
    options.progress_user = Unmanaged.passUnretained(seen).toOpaque()
    options.progress = { user, _, _ in
      let seen = Unmanaged<Seen>.fromOpaque(user!).takeUnretainedValue()
      let answer = Answer()
      var floats = [Float](repeating: 0, count: 1000)
      seen.statuses += [
        cal_session_attribute(seen.handle, &seen.image, nil, &answer.result),
        cal_session_features(seen.handle, &seen.image, &floats, 1000),
        cal_session_evidence(seen.handle, &seen.image, 3, &floats, 1000, nil),
      ]
      return answer.result.width == 0 ? 0 : 1
    }
    let answer = session.attribute(picture.image, options)
    #expect(answer.status == "CAL_OK" && lastError == "")
    #expect(seen.statuses.count == 6)
    #expect(seen.statuses.allSatisfy { $0 == CAL_ERR_BUSY })
    expect(cal_session_attribute(session.handle, &seen.image, nil, &answer.result), CAL_OK)
  }

  @Test func cancellingAnIdleSessionDoesNothing() {
    let session = TestSession()
    expect(cal_session_cancel(session.handle), CAL_OK)
    #expect(session.attribute(Picture(30, 30, seed: 1).image).status == "CAL_OK")
  }

  /// The callback frees session and model while the call runs: it ends well all the same.
  @Test(arguments: [UInt32(1), 3])
  func freeingDuringACallIsSafe(threads: UInt32) {
    final class Handles {
      var session: OpaquePointer?
      var model: OpaquePointer?
    }
    let handles = Handles()
    handles.model = load()
    var how = cal_session_options()
    how.struct_size = 16
    how.threads = threads
    expect(cal_session_create(handles.model, &how, &handles.session), CAL_OK)
    let pictures = (0..<5).map { Picture(40, 40, seed: UInt64($0)) }
    let answers = pictures.map { _ in Answer() }
    var options = cal_attribute_options()
    options.struct_size = 32
    options.progress_user = Unmanaged.passUnretained(handles).toOpaque()
    options.progress = { user, _, _ in
      let handles = Unmanaged<Handles>.fromOpaque(user!).takeUnretainedValue()
      cal_session_free(handles.session)
      cal_model_free(handles.model)
      return 0
    }
    var results = answers.map(\.result)
    expect(
      cal_session_attribute_batch(
        handles.session, pictures.map(\.image), 5, &options, &results), CAL_OK)
    #expect(results.allSatisfy { $0.status == CAL_OK })
    #expect(HandleTests.isRefused(handles.session))
  }

  @Test func manySessionsOfOneModelOnManyThreads() {
    let model = load()
    let picture = Picture(50, 40, seed: 8)
    let expected = TestSession().attribute(picture.image).bits
    let threads = (0..<4).map { _ in
      SameEverywhere(model: model, image: picture.image, expected: expected)
    }
    for thread in threads { thread.thread.join() }
    cal_model_free(model)
    #expect(threads.allSatisfy { $0.good == 5 })
  }

  /// A thread that makes its own session of a shared model and compares bits.
  private final class SameEverywhere {
    private(set) var good = 0
    private(set) var thread: CALTests.Thread!

    init(model: OpaquePointer?, image: cal_image, expected: [UInt8]) {
      thread = CALTests.Thread { [unowned self] in
        for _ in 0..<5 {
          var session: OpaquePointer?
          guard cal_session_create(model, nil, &session) == CAL_OK else { return }
          var image = image
          let answer = Answer()
          _ = cal_session_attribute(session, &image, nil, &answer.result)
          cal_session_free(session)
          if answer.bits == expected { good += 1 }
        }
      }
    }
  }
}
