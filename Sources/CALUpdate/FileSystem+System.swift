#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

extension FileSystem {
  /// The machine's own.
  public static let system = FileSystem(
    open: { path, mode throws(FileError) in
      let flags = O_RDWR | O_CREAT | O_CLOEXEC | (mode == .replace ? O_TRUNC : 0)
      let file = openFile(path, flags)
      guard file >= 0 else { throw .last(path, "cannot be opened for writing") }
      return file
    },
    write: { file, bytes, offset throws(FileError) in
      while true {
        let wrote = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, off_t(offset)) }
        if wrote > 0 { return wrote }
        guard wrote < 0 && errno == EINTR else {
          throw .last("file \(file) of the state", "cannot be written")
        }
      }
    },
    sync: { file throws(FileError) in
      guard fsync(file) == 0 else { throw .last("file \(file) of the state", "cannot be synced") }
    },
    truncate: { file, size throws(FileError) in
      guard ftruncate(file, off_t(size)) == 0 else {
        throw .last("file \(file) of the state", "cannot be cut to \(size) bytes")
      }
    },
    close: { closeFile($0) },
    read: { path throws(FileError) in try readFile(path) },
    rename: { from, to throws(FileError) in
      guard renameFile(from, to) else { throw .last(to, "cannot be replaced") }
    },
    remove: { path throws(FileError) in
      guard unlink(path) == 0 || errno == ENOENT else { throw .last(path, "cannot be removed") }
    },
    list: { path throws(FileError) in try names(in: path) },
    syncFolder: { path throws(FileError) in
      let folder = openFile(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard folder >= 0 else { throw .last(path, "cannot be opened to be synced") }
      defer { closeFile(folder) }
      // File systems that cannot sync a folder say EINVAL.
      guard fsync(folder) == 0 || errno == EINVAL else { throw .last(path, "cannot be synced") }
    },
    makeFolder: { path throws(FileError) in
      guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw .last(path, "cannot be made") }
    },
    lock: { path throws(FileError) in
      let file = openFile(path, O_RDWR | O_CREAT | O_CLOEXEC)
      guard file >= 0 else { throw .last(path, "cannot be opened") }
      return try take(LOCK_EX, file, path) ? file : nil
    },
    lockForReading: { path throws(FileError) in
      let file = openFile(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      guard file >= 0 else {
        if errno == ENOENT || errno == EACCES { return .absent }
        throw .last(path, "cannot be opened")
      }
      return try take(LOCK_SH, file, path) ? .held(file) : .taken
    })
}

/// False if somebody else has it. Without the lock the file is closed.
private func take(_ kind: Int32, _ file: Int32, _ path: String) throws(FileError) -> Bool {
  guard flock(file, kind | LOCK_NB) != 0 else { return true }
  let error = FileError.last(path, "cannot be locked")
  let isTaken = errno == EWOULDBLOCK
  closeFile(file)
  guard isTaken else { throw error }
  return false
}

// The C library's, out of the way of the properties of those names.
private func openFile(_ path: String, _ flags: Int32) -> Int32 { open(path, flags, 0o666) }
private func closeFile(_ file: Int32) { _ = close(file) }
private func renameFile(_ from: String, _ to: String) -> Bool { rename(from, to) == 0 }

private func readFile(_ path: String) throws(FileError) -> [UInt8]? {
  let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
  guard file >= 0 else {
    if errno == ENOENT { return nil }
    throw .last(path, "cannot be opened")
  }
  defer { _ = close(file) }
  var status = stat()
  guard fstat(file, &status) == 0 else { throw .last(path, "cannot be examined") }
  guard status.st_mode & S_IFMT == S_IFREG else { throw FileError("\(path): not a regular file") }
  var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
  var done = 0
  while done < bytes.count {
    let count = bytes.count - done
    let got = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress?.advanced(by: done), count) }
    if got < 0 && errno == EINTR { continue }
    guard got >= 0 else { throw .last(path, "cannot be read") }
    guard got > 0 else { throw FileError("\(path): became shorter while it was read") }
    done += got
  }
  return bytes
}

private func names(in path: String) throws(FileError) -> [String] {
  guard let folder = opendir(path) else { throw .last(path, "cannot be listed") }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) {
        String(cString: $0)
      }
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names
}
