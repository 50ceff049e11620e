import CALNetwork

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The host's floating-point mode: left where a call comes in, taken up again for the host's
/// callbacks and on the way out. A callback may come from anywhere below, so meanwhile the calling
/// thread keeps the mode, if it is not the default one: a call of most hosts stores nothing.
enum HostMode {
  /// What `leave` found.
  struct Left {
    fileprivate let mode: FloatMode
    /// What the thread kept, if this is a call from a callback.
    fileprivate let kept: UnsafeMutableRawPointer?
  }

  /// nil if the process has no thread-local slot left: then callbacks run in the default mode.
  private static let key: pthread_key_t? = {
    var key = pthread_key_t()
    return pthread_key_create(&key, nil) == 0 ? key : nil
  }()

  /// The mode's bits plus 1; nil for the default mode.
  private static var kept: UnsafeMutableRawPointer? {
    get { key.flatMap { pthread_getspecific($0) } }
    set {
      guard let key, newValue != kept else { return }
      pthread_setspecific(key, newValue)
    }
  }

  /// Sets the default mode. To be followed by `enter` on the same thread.
  static func leave() -> Left {
    let left = Left(mode: FloatMode.setDefault(), kept: kept)
    kept =
      left.mode.isDefault ? nil : UnsafeMutableRawPointer(bitPattern: UInt(left.mode.bits) + 1)
    return left
  }

  /// Sets the mode that was left.
  static func enter(_ left: Left) {
    kept = left.kept
    left.mode.restore()
  }

  /// Runs one of the host's callbacks in the host's mode. Whatever mode it ends in, ours goes on.
  static func during<Value>(_ callback: () -> Value) -> Value {
    let ours = FloatMode.setDefault()
    let host = kept.map { FloatMode(bits: UInt64(UInt(bitPattern: $0)) - 1) }
    (host ?? ours).restore()
    defer { ours.restore() }
    return callback()
  }
}
