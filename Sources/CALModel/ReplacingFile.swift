import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Writes `bytes` to `path` so that, whatever happens, `path` holds the old or the new file: a
/// new file beside it, synced, takes its name. On an error nothing is left behind.
package func replaceFile(_ path: String, with bytes: RawSpan) throws(ModelError) {
  let (temporary, descriptor) = try createBeside(path)
  do throws(ModelError) {
    try write(bytes, to: descriptor, path)
  } catch {
    _ = close(descriptor)
    _ = unlink(temporary)
    throw error
  }
  // Some file systems report a failed write only here.
  guard close(descriptor) == 0, rename(temporary, path) == 0 else {
    let error = systemError(path, "cannot be written")
    _ = unlink(temporary)
    throw error
  }
  try syncFolder(of: path)
}

private func write(_ bytes: RawSpan, to descriptor: Int32, _ path: String) throws(ModelError) {
  var done = 0
  while done < bytes.byteCount {
    let wrote = bytes.extracting(done..<bytes.byteCount).withUnsafeBytes {
      write(descriptor, $0.baseAddress, $0.count)
    }
    if wrote < 0 && errno == EINTR { continue }
    guard wrote >= 0 else { throw systemError(path, "cannot be written") }
    done += wrote
  }
  guard fsync(descriptor) == 0 else { throw systemError(path, "cannot be synced") }
}

/// Tells apart the files that this process writes at the same time.
private let serial = Atomic<UInt64>(0)

/// A new, empty file in the folder of `path`: only within a folder is renaming atomic.
private func createBeside(_ path: String) throws(ModelError) -> (String, Int32) {
  for _ in 0..<100 {
    let number = serial.wrappingAdd(1, ordering: .relaxed).newValue
    let temporary = "\(path).\(getpid()).\(number).new"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    if descriptor >= 0 { return (temporary, descriptor) }
    guard errno == EEXIST else { break }
  }
  throw systemError(path, "no file can be made beside it")
}

/// Makes the new name last. File systems that cannot sync a folder say EINVAL.
private func syncFolder(of path: String) throws(ModelError) {
  var folder = "."
  if let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) {
    folder = slash == path.utf8.startIndex ? "/" : String(path[..<slash])
  }
  let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw systemError(folder, "cannot be opened to be synced") }
  defer { _ = close(descriptor) }
  guard fsync(descriptor) == 0 || errno == EINVAL else {
    throw systemError(folder, "cannot be synced")
  }
}
