import CCal

/// A caller's progress callback, called on the calling thread only, with rising counts: once
/// before the work, as it goes on, and once when all is done.
struct ProgressReport {
  private let callback: cal_progress_callback?
  private let user: UnsafeMutableRawPointer?
  private var last: UInt64?

  init(_ callback: cal_progress_callback?, _ user: UnsafeMutableRawPointer?) {
    self.callback = callback
    self.user = user
  }

  /// false if the host wants the work to stop.
  mutating func report(done: UInt64, total: UInt64) -> Bool {
    guard let callback, done != last else { return true }
    last = done
    return HostMode.during { callback(user, done, total) == 0 }
  }
}
