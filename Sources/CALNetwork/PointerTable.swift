/// Room for pointers to rows, which the loops write and read.
final class PointerTable: @unchecked Sendable {
  let base: UnsafeMutablePointer<UnsafePointer<Float>?>
  private let memory: ZeroedMemory

  /// Nil when memory is short.
  init?(count: Int) {
    let (bytes, overflow) = max(count, 1).multipliedReportingOverflow(by: 8)
    guard !overflow, let memory = ZeroedMemory(byteCount: bytes) else { return nil }
    self.memory = memory
    base = memory.base.bindMemory(to: UnsafePointer<Float>?.self, capacity: max(count, 1))
  }
}
