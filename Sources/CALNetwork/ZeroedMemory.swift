#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Zeroed bytes on a cache line boundary.
///
/// Big blocks come from the system's own zeroed pages, which nothing touches before it is used,
/// and go back to it; and they lie on a huge page boundary, because walking tens of megabytes
/// through 4 KiB pages costs faults and TLB misses.
package final class ZeroedMemory: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let byteCount: Int
  private let isMapped: Bool

  /// Nil when memory is short.
  package init?(byteCount: Int) {
    let mapped = byteCount >= ZeroedMemory.hugePage
    let found = mapped ? ZeroedMemory.map(byteCount) : ZeroedMemory.allocate(byteCount)
    guard let base = found else { return nil }
    self.base = base
    self.byteCount = byteCount
    isMapped = mapped
  }

  deinit {
    if isMapped { munmap(base, byteCount) } else { free(base) }
  }

  /// Whether `discard` can give anything back.
  package var canDiscard: Bool {
    #if os(Linux)
      isMapped
    #else
      false
    #endif
  }

  /// Gives the whole pages among these bytes back to the system, and says how many bytes that were:
  /// those are zeros from now on, the others what they were.
  package func discard(_ range: Range<Int>) -> Int {
    let page = Int(getpagesize())
    let first = roundUp(range.lowerBound, to: page)
    let end = range.upperBound / page * page
    guard canDiscard, first < end, madvise(base + first, end - first, MADV_DONTNEED) == 0 else {
      return 0
    }
    return end - first
  }

  private static func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    var raw: UnsafeMutableRawPointer?
    guard posix_memalign(&raw, 64, max(byteCount, 1)) == 0, let raw else { return nil }
    memset(raw, 0, byteCount)
    return raw
  }

  private static func map(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let (whole, overflow) = byteCount.addingReportingOverflow(hugePage)
    guard !overflow else { return nil }
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let raw = mmap(nil, whole, PROT_READ | PROT_WRITE, flags, -1, 0), raw != MAP_FAILED
    else { return nil }
    // What stands before the boundary and behind the last page is given back.
    let start = UnsafeMutableRawPointer(
      bitPattern: roundUp(Int(bitPattern: raw), to: hugePage))
    guard let start else { return nil }
    let end = start + roundUp(byteCount, to: Int(getpagesize()))
    if start > raw { munmap(raw, start - raw) }
    if end < raw + whole { munmap(end, raw + whole - end) }
    #if os(Linux)
      _ = madvise(start, byteCount, MADV_HUGEPAGE)
    #endif
    return start
  }

  private static let hugePage = 2 << 20
}
