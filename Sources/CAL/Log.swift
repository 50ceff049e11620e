import CCal
import Synchronization

@_cdecl("cal_set_log") @implementation
public func cal_set_log(
  _ callback: cal_log_callback!, _ user: UnsafeMutableRawPointer!, _ minimum: cal_log_level
) {
  Log.sink.withLock { $0 = LogSink(callback: callback, user: user, minimum: minimum) }
}

/// The process-wide log: silent until a host asks for it.
enum Log {
  fileprivate static let sink = Mutex(LogSink(callback: nil, user: nil, minimum: 0))

  static func debug(_ message: @autoclosure () -> String) { write(CAL_LOG_DEBUG, message) }
  static func info(_ message: @autoclosure () -> String) { write(CAL_LOG_INFO, message) }
  static func warning(_ message: @autoclosure () -> String) { write(CAL_LOG_WARNING, message) }

  /// The callback runs outside the lock: one that takes long, or that breaks its contract and
  /// calls libcal, then cannot stop other threads or itself.
  private static func write(_ level: Int, _ message: () -> String) {
    let sink = sink.withLock { $0 }
    let level = cal_log_level(level)
    guard let callback = sink.callback, level >= sink.minimum else { return }
    // A path may hold a newline of any kind; a log line may not.
    let line = message().split(whereSeparator: \.isNewline).joined(separator: " ")
    line.withCString { line in HostMode.during { callback(sink.user, level, line) } }
  }
}

/// `user` is the host's, only ever handed back to it on whichever thread logs: cal.h says so,
/// which is why it may cross threads here.
private struct LogSink: @unchecked Sendable {
  var callback: cal_log_callback?
  var user: UnsafeMutableRawPointer?
  var minimum: cal_log_level
}
