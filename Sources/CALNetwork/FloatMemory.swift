#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Zeroed floats on a cache line boundary; big ones on a huge page boundary, because walking
/// tens of megabytes of weights through 4 KiB pages costs TLB misses.
///
/// Owners write through `base` while they build and only read once they share it.
final class FloatMemory: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let count: Int

  /// Nil when memory is short.
  init?(count: Int) {
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: 4)
    guard !overflow else { return nil }
    let huge = bytes >= FloatMemory.hugePage
    var raw: UnsafeMutableRawPointer?
    guard posix_memalign(&raw, huge ? FloatMemory.hugePage : 64, bytes) == 0, let raw else {
      return nil
    }
    #if os(Linux)
      if huge { _ = madvise(raw, bytes, MADV_HUGEPAGE) }
    #endif
    memset(raw, 0, bytes)
    base = raw.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = count
  }

  deinit { free(base) }

  private static let hugePage = 2 << 20
}
