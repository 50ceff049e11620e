#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// What the system said of a file operation that failed.
public struct FileError: Error, Sendable, Equatable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }

  /// From the C library's last error; to be made before anything else is called.
  static func last(_ path: String, _ what: String) -> FileError {
    let code = errno
    let text = strerror(code).map { String(cString: $0) } ?? "error \(code)"
    return FileError("\(path): \(what): \(text)")
  }
}

/// Every operation on files that an update makes. All go through here, so that the tests can let
/// each one fail, or the machine stop in front of it.
public struct FileSystem: Sendable {
  public enum Mode: Sendable {
    /// At the start of a file that is emptied or made.
    case replace
    /// At any place of a file that is kept or made.
    case update
  }

  /// What asking for a lock to read came to.
  public enum ReadLock: Sendable {
    /// By this file number, until it is closed.
    case held(Int32)
    /// Somebody has it who may write.
    case taken
    /// There is no file to lock, or it may not be opened.
    case absent
  }

  /// Gives a file number for the other operations.
  public var open: @Sendable (_ path: String, Mode) throws(FileError) -> Int32
  /// Writes at `offset`, and says how many bytes it wrote; at least 1.
  public var write:
    @Sendable (_ file: Int32, ArraySlice<UInt8>, _ offset: Int) throws(FileError) -> Int
  /// Returns when everything written is on the disk.
  public var sync: @Sendable (_ file: Int32) throws(FileError) -> Void
  public var truncate: @Sendable (_ file: Int32, _ size: Int) throws(FileError) -> Void
  public var close: @Sendable (_ file: Int32) -> Void
  /// The whole file; nil if there is none.
  public var read: @Sendable (_ path: String) throws(FileError) -> [UInt8]?
  public var rename: @Sendable (_ from: String, _ to: String) throws(FileError) -> Void
  /// No error if there is none.
  public var remove: @Sendable (_ path: String) throws(FileError) -> Void
  /// Names in a folder, in any order.
  public var list: @Sendable (_ path: String) throws(FileError) -> [String]
  /// Makes names in the folder last.
  public var syncFolder: @Sendable (_ path: String) throws(FileError) -> Void
  /// Does nothing if there is one.
  public var makeFolder: @Sendable (_ path: String) throws(FileError) -> Void
  /// A file number that holds the lock until it is closed; nil if somebody else holds it.
  public var lock: @Sendable (_ path: String) throws(FileError) -> Int32?
  /// Keeps those out that `lock`, but not others that read; makes and writes nothing.
  public var lockForReading: @Sendable (_ path: String) throws(FileError) -> ReadLock

  public init(
    open: @escaping @Sendable (String, Mode) throws(FileError) -> Int32,
    write: @escaping @Sendable (Int32, ArraySlice<UInt8>, Int) throws(FileError) -> Int,
    sync: @escaping @Sendable (Int32) throws(FileError) -> Void,
    truncate: @escaping @Sendable (Int32, Int) throws(FileError) -> Void,
    close: @escaping @Sendable (Int32) -> Void,
    read: @escaping @Sendable (String) throws(FileError) -> [UInt8]?,
    rename: @escaping @Sendable (String, String) throws(FileError) -> Void,
    remove: @escaping @Sendable (String) throws(FileError) -> Void,
    list: @escaping @Sendable (String) throws(FileError) -> [String],
    syncFolder: @escaping @Sendable (String) throws(FileError) -> Void,
    makeFolder: @escaping @Sendable (String) throws(FileError) -> Void,
    lock: @escaping @Sendable (String) throws(FileError) -> Int32?,
    lockForReading: @escaping @Sendable (String) throws(FileError) -> ReadLock
  ) {
    self.open = open
    self.write = write
    self.sync = sync
    self.truncate = truncate
    self.close = close
    self.read = read
    self.rename = rename
    self.remove = remove
    self.list = list
    self.syncFolder = syncFolder
    self.makeFolder = makeFolder
    self.lock = lock
    self.lockForReading = lockForReading
  }
}

extension FileSystem {
  /// Writes `path` so that, whatever happens, it holds the old or the new bytes.
  func replace(_ path: String, in folder: String, with bytes: [UInt8]) throws(FileError) {
    let temporary = path + ".new"
    do throws(FileError) {
      try write(bytes, temporary)
      try rename(temporary, path)
    } catch {
      // A part of a file would keep room that a full disk needs.
      try? remove(temporary)
      throw error
    }
    try syncFolder(folder)
  }

  private func write(_ bytes: [UInt8], _ path: String) throws(FileError) {
    let file = try open(path, .replace)
    defer { close(file) }
    try writeAll(bytes, to: file, at: 0)
    try sync(file)
  }

  func writeAll(_ bytes: [UInt8], to file: Int32, at offset: Int) throws(FileError) {
    var done = 0
    while done < bytes.count { done += try write(file, bytes[done...], offset + done) }
  }
}
