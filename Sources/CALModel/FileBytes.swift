import CALDigest

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Called with the bytes done and the bytes in total; false cancels.
public typealias Progress = (_ done: UInt64, _ total: UInt64) -> Bool

/// The bytes of a model file and their digest, for as long as the model lives: weights are
/// decoded from them on demand, and saving writes them back.
///
/// From malloc rather than in an array, because a file may be larger than the memory there is,
/// and an array ends the process then. Unchecked, because the pointer is not `Sendable`: the
/// bytes are written in `init` only.
package final class FileBytes: @unchecked Sendable {
  package let count: Int
  private(set) var digest: Digest
  private let memory: UnsafeMutableRawPointer

  /// Bytes between two calls of the progress callback; small enough that they are still in
  /// the CPU's cache when they are digested.
  private static let step = 1 << 20

  private init(count: Int, sizeLimit: Int, name: String) throws(ModelError) {
    let limit = min(max(sizeLimit, 0), Limit.fileSize)
    guard count <= limit else { throw .limit("\(name): \(count) bytes, at most \(limit)") }
    guard let memory = malloc(max(count, 1)) else {
      throw .memory("\(name): no memory for its \(count) bytes")
    }
    self.count = count
    self.memory = memory
    digest = SHA256().finish()
  }

  deinit { free(memory) }

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

  package func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let buffer = UnsafeRawBufferPointer(start: memory, count: count)
    return try body(buffer.bytes)
  }

  /// Has `read` fill the memory piece by piece, and digests each piece.
  private func fill(
    _ progress: Progress?,
    _ read: (UnsafeMutableRawBufferPointer, _ offset: Int) throws(ModelError) -> Void
  ) throws(ModelError) {
    var sha = SHA256()
    for offset in stride(from: 0, to: count, by: FileBytes.step) {
      let size = min(FileBytes.step, count - offset)
      let target = UnsafeMutableRawBufferPointer(start: memory + offset, count: size)
      try read(target, offset)
      sha.update(UnsafeRawBufferPointer(target).bytes)
      if let progress, !progress(UInt64(offset + size), UInt64(count)) { throw .cancelled }
    }
    digest = sha.finish()
  }
}
