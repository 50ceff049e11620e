import CCal
import Synchronization
import Testing

/// One suite, one test: the log is process-wide.
@Suite struct LogTests {
  private final class Lines: Sendable {
    let all = Mutex<[(cal_log_level, String)]>([])
    func count(_ word: String) -> Int {
      all.withLock { $0.reduce(0) { $0 + ($1.1.contains(word) ? 1 : 0) } }
    }
  }

  @Test func messagesComeFromTheMinimumUpUntilReplaced() {
    let lines = Lines()
    let user = Unmanaged.passUnretained(lines).toOpaque()
    let callback: cal_log_callback = { user, level, message in
      let line = String(cString: message!)
      Unmanaged<Lines>.fromOpaque(user!).takeUnretainedValue().all.withLock {
        $0.append((level, line))
      }
    }
    defer { cal_set_log(nil, nil, 0) }
    // A model that no other test loads, so that its digest marks this test's own lines.
    let bytes = Fixture.serialised(prototypes: Array(Fixture.prototypes.dropLast()))
    cal_set_log(callback, user, cal_log_level(CAL_LOG_INFO))
    let model = load(bytes)
    var digest = [UInt8](repeating: 0, count: 32)
    expect(cal_model_sha256(model, &digest), CAL_OK)
    let mark = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    #expect(lines.count("loaded model " + mark) == 1)
    var session: OpaquePointer?
    expect(cal_session_create(model, nil, &session), CAL_OK)
    #expect(lines.count("session: 1 threads") >= 1 && lines.count(mark) == 2)
    var none: OpaquePointer?
    expect(cal_model_load_file("no/such\r\nfile\nof\rLogTests", nil, &none), CAL_ERR_IO)
    #expect(lines.count("no/such file of LogTests") == 1)
    #expect(lines.count("session ended") == 0, "that is below the minimum")
    lines.all.withLock { all in
      #expect(all.allSatisfy { $0.0 >= CAL_LOG_INFO && !$0.1.utf8.contains(10) })
    }

    cal_set_log(callback, user, cal_log_level(CAL_LOG_WARNING))
    cal_model_free(load(bytes))
    cal_set_log(callback, user, 0)
    cal_session_free(session)
    #expect(lines.count("session ended") >= 1)
    cal_set_log(nil, user, 0)
    cal_model_free(load(bytes))
    #expect(lines.count(mark) == 2)
    cal_model_free(model)
  }
}
