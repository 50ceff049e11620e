/// Scratch that one worker needs for a step.
struct ScratchSize: Sendable {
  var floats = 0
  var pointers = 0

  mutating func grow(to other: ScratchSize) {
    floats = max(floats, other.floats)
    pointers = max(pointers, other.pointers)
  }
}

/// What one worker writes to and nobody else reads.
final class WorkerScratch: Sendable {
  let floats: FloatMemory
  private let pointers: PointerTable

  var table: UnsafeMutablePointer<UnsafePointer<Float>?> { pointers.base }

  /// `touched`: as in `FloatMemory`.
  init(_ size: ScratchSize, touched: Bool = false) throws(NetworkError) {
    // Loops may read a vector further than what they need.
    guard let floats = FloatMemory(count: size.floats + 64, touched: touched),
      let pointers = PointerTable(count: size.pointers)
    else { throw .memory }
    self.floats = floats
    self.pointers = pointers
  }
}
