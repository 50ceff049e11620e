import CALDigest
import CALNetwork
import Synchronization

/// Called with the bytes done and the bytes in total; false cancels.
public typealias Progress = (_ done: UInt64, _ total: UInt64) -> Bool

/// The bytes of a model file and their digest, for as long as the model lives: weights are
/// decoded from them on demand, and saving writes them back. Those that a network holds in another
/// form (`PackedTensor`) give their memory back, until someone asks for all bytes.
///
/// Not in an array, because a file may be larger than the memory there is, and an array ends the
/// process then. Nor mapped: a host would get SIGBUS when someone else shortens the file. Unchecked,
/// because the memory is not `Sendable`: behind `init`, bytes change only where no one reads them,
/// and only to what they were.
package final class FileBytes: @unchecked Sendable {
  package let count: Int
  private(set) var digest: Digest
  private let memory: ZeroedMemory
  private let state = Mutex(State())

  private struct State {
    /// Calls that were lent the bytes.
    var readers = 0
    var packed: [Packed] = []
    var missing: Int { packed.reduce(0) { $0 + $1.missing } }
  }

  /// A tensor that can be had back.
  private struct Packed {
    let range: Range<Int>
    let tensor: PackedTensor
    /// Bytes of it that are not in memory.
    var missing = 0

    mutating func giveBack(to memory: ZeroedMemory) {
      let given = memory.discard(range)
      // The system may refuse, as for locked memory; then what was missing still is.
      if given > 0 { missing = given }
    }

    mutating func restore(to memory: ZeroedMemory) {
      guard missing > 0 else { return }
      tensor.restore(into: memory.base + range.lowerBound)
      missing = 0
    }
  }

  /// Bytes between two calls of the progress callback; small enough that they are still in
  /// the CPU's cache when they are digested.
  private static let step = 1 << 20

  private init(count: Int, sizeLimit: Int, name: String) throws(ModelError) {
    let limit = min(max(sizeLimit, 0), Limit.fileSize)
    guard count <= limit else { throw .limit("\(name): \(count) bytes, at most \(limit)") }
    guard let memory = ZeroedMemory(byteCount: count) else {
      throw .memory("\(name): no memory for its \(count) bytes")
    }
    self.count = count
    self.memory = memory
    digest = SHA256().finish()
  }

  convenience init(
    copying bytes: RawSpan, sizeLimit: Int, progress: Progress?
  ) throws(ModelError) {
    try self.init(count: bytes.byteCount, sizeLimit: sizeLimit, name: "model")
    try fill(progress) { target, offset throws(ModelError) in
      let piece = bytes.extracting(offset..<offset + target.count)
      piece.withUnsafeBytes { target.copyMemory(from: $0) }
    }
  }

  /// Reads the file once and closes it.
  package convenience init(path: String, sizeLimit: Int, progress: Progress?) throws(ModelError) {
    let file = try ReadableFile(path: path)
    try self.init(count: file.size, sizeLimit: sizeLimit, name: path)
    try fill(progress) { target, _ throws(ModelError) in try file.read(into: target) }
  }

  /// Lends all of them.
  package func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    state.withLock {
      for i in $0.packed.indices { $0.packed[i].restore(to: memory) }
      $0.readers += 1
    }
    defer {
      state.withLock {
        $0.readers -= 1
        guard $0.readers == 0 else { return }
        for i in $0.packed.indices { $0.packed[i].giveBack(to: memory) }
      }
    }
    let buffer = UnsafeRawBufferPointer(start: memory.base, count: count)
    return try body(buffer.bytes)
  }

  /// The f32 values in `range`.
  func floats(_ range: Range<Int>) -> [Float] {
    state.withLock {
      if let packed = $0.packed.first(where: { $0.range == range }) { return packed.tensor.values }
      return CALModel.floats(UnsafeRawBufferPointer(start: memory.base, count: count).bytes, range)
    }
  }

  /// Whether it helps to say what is packed.
  var canGiveBack: Bool { memory.canDiscard }

  /// Bytes that are in memory, for tests.
  var keptCount: Int { state.withLock { count - $0.missing } }

  /// The tensor at `range` can be had back from what a network holds. Called by who was lent the
  /// bytes and has done with these.
  func didPack(_ tensor: PackedTensor, _ range: Range<Int>) {
    state.withLock {
      guard tensor.byteCount == range.count, !$0.packed.contains(where: { $0.range == range })
      else { return }
      var packed = Packed(range: range, tensor: tensor)
      if $0.readers == 1 { packed.giveBack(to: memory) }
      $0.packed.append(packed)
    }
  }

  /// Has `read` fill the memory piece by piece, and digests each piece.
  private func fill(
    _ progress: Progress?,
    _ read: (UnsafeMutableRawBufferPointer, _ offset: Int) throws(ModelError) -> Void
  ) throws(ModelError) {
    var sha = SHA256()
    for offset in stride(from: 0, to: count, by: FileBytes.step) {
      let size = min(FileBytes.step, count - offset)
      let target = UnsafeMutableRawBufferPointer(start: memory.base + offset, count: size)
      try read(target, offset)
      sha.update(UnsafeRawBufferPointer(target).bytes)
      if let progress, !progress(UInt64(offset + size), UInt64(count)) { throw .cancelled }
    }
    digest = sha.finish()
  }
}
