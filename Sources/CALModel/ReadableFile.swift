#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A regular file opened for reading from its start.
struct ReadableFile: ~Copyable {
  let path: String
  let size: Int
  private let descriptor: Int32

  init(path: String) throws(ModelError) {
    // Without O_NONBLOCK the open of a pipe would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw systemError(path, "cannot be opened") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = systemError(path, "cannot be examined")
      _ = close(descriptor)
      throw error
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      _ = close(descriptor)
      throw .io("\(path): not a regular file")
    }
    self.path = path
    self.descriptor = descriptor
    size = Int(status.st_size)
  }

  deinit { _ = close(descriptor) }

  /// Fills all of `target` with the next bytes.
  borrowing func read(into target: UnsafeMutableRawBufferPointer) throws(ModelError) {
    var rest = target[...]
    while !rest.isEmpty {
      let piece = UnsafeMutableRawBufferPointer(rebasing: rest)
      let got = systemRead(descriptor, piece.baseAddress, piece.count)
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw systemError(path, "cannot be read") }
      guard got > 0 else { throw .io("\(path): became shorter while it was read") }
      rest = rest.dropFirst(got)
    }
  }
}

/// `read` of the C library, out of the way of the method of that name.
private func systemRead(_ file: Int32, _ target: UnsafeMutableRawPointer?, _ count: Int) -> Int {
  read(file, target, count)
}

/// What the C library's last error says of `path`; to be made before anything else is called.
func systemError(_ path: String, _ what: String) -> ModelError {
  let code = errno
  guard let text = strerror(code) else { return .io("\(path): \(what) (error \(code))") }
  return .io("\(path): \(what): \(String(cString: text))")
}
