#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The calling thread's error text.
///
/// Each thread that ever failed owns one fixed buffer, made at its first failure and freed
/// when the thread ends. A pthread key does this in any host and needs no runtime support;
/// clearing writes one byte, so a call that succeeds allocates nothing.
enum LastError {
  /// Bytes of a thread's buffer, NUL included; longer sentences are cut.
  static let capacity = 1024

  /// nil if the process has no thread-local slot left: then nobody gets error texts.
  private static let key: pthread_key_t? = {
    var key = pthread_key_t()
    return pthread_key_create(&key, { free($0) }) == 0 ? key : nil
  }()

  private static var buffer: UnsafeMutableRawPointer? {
    guard let key else { return nil }
    return pthread_getspecific(key)
  }

  static var text: UnsafePointer<CChar> {
    guard let buffer else { return staticText("") }
    return UnsafePointer(buffer.assumingMemoryBound(to: CChar.self))
  }

  static func clear() {
    buffer?.storeBytes(of: 0, as: UInt8.self)
  }

  static func set(_ sentence: String) {
    guard let buffer = buffer ?? makeBuffer() else { return }
    copyText(sentence, to: UnsafeMutableRawBufferPointer(start: buffer, count: capacity))
  }

  private static func makeBuffer() -> UnsafeMutableRawPointer? {
    guard let key, let made = malloc(capacity) else { return nil }
    guard pthread_setspecific(key, made) == 0 else {
      free(made)
      return nil
    }
    return made
  }
}
