import CCal

/// Why a call did not do what it was asked to: the status its caller gets, and the sentence
/// that `cal_last_error` gives.
///
/// Text is only ever made on the way out with an error, so it may allocate.
struct Failure: Error {
  let status: cal_status
  let text: String

  /// `status` is one of cal.h's CAL_ERR_ values (which Swift imports as `Int`).
  init(_ status: Int, _ text: String) {
    self.status = cal_status(status)
    self.text = text
  }
}

extension Failure {
  static func argument(_ text: String) -> Failure { Failure(CAL_ERR_ARGUMENT, text) }

  static func null(_ name: String) -> Failure { .argument(name + " is NULL") }
}

/// The frame of every exported function that returns a status: runs `body` in the default
/// floating-point mode, and leaves its outcome in the thread's error text. `body` does not escape, so
/// this allocates nothing.
func status(_ body: () throws(Failure) -> Void) -> cal_status {
  let host = HostMode.leave()
  defer { HostMode.enter(host) }
  do throws(Failure) {
    try body()
    LastError.clear()
    return cal_status(CAL_OK)
  } catch {
    LastError.set(error.text)
    return error.status
  }
}
