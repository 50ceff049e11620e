#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A plain POSIX thread, which is what a C host has.
final class Thread {
  private let body: () -> Void
  #if canImport(Glibc)
    private var thread = pthread_t()
  #else
    private var thread: pthread_t!
  #endif

  init(_ body: @escaping () -> Void) {
    self.body = body
    let context = Unmanaged.passRetained(self).toOpaque()
    let code = pthread_create(&thread, nil, { runBody($0) }, context)
    precondition(code == 0, "pthread_create: \(code)")
  }

  /// Waits for the thread's end.
  func join() { pthread_join(thread, nil) }

  /// Runs `body` on a thread of its own and gives what it gave.
  static func run<T>(_ body: @escaping () -> T) -> T {
    var result: T?
    Thread { result = body() }.join()
    return result!
  }

  /// Names the calling thread.
  static var current: UInt {
    #if canImport(Glibc)
      pthread_self()
    #else
      UInt(bitPattern: pthread_self())
    #endif
  }

  fileprivate func run() { body() }
}

private func runBody(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  Unmanaged<Thread>.fromOpaque(context!).takeRetainedValue().run()
  return nil
}
