#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Zeroed floats on a cache line boundary.
///
/// Owners write through `base` while they build and only read once they share it.
final class FloatMemory: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let count: Int
  private let memory: ZeroedMemory

  /// Nil when memory is short. `touched`: the system gives its pages now, not when they are used.
  init?(count: Int, touched: Bool = false) {
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: 4)
    guard !overflow, let memory = ZeroedMemory(byteCount: bytes) else { return nil }
    self.memory = memory
    if touched { memset(memory.base, 0, bytes) }
    base = memory.base.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
  }
}
