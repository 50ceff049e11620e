import CALUpdate
import Synchronization

/// A disk in memory that can let any operation fail, or stop the machine in front of it, and that
/// after a stop has only what was synced, or some of what was not.
final class SimulatedDisk: Sendable {
  enum Fault: Sendable, CaseIterable {
    /// The operation does nothing and says why. EIO, ENOSPC: to the code they are the same.
    case error
    /// A write takes half of its bytes, and later ones fail, as on a full disk.
    case shortWrite
    /// The process ends: this operation and all later ones do nothing, what was written stays.
    case kill
    /// The machine stops: what was not synced is lost,
    case powerLoss
    /// is there in part,
    case tornPowerLoss
    /// or is there, but for its contents.
    case emptyPowerLoss

    /// Whether what was not synced may be lost.
    var stopsMachine: Bool {
      switch self {
      case .error, .shortWrite, .kill: false
      case .powerLoss, .tornPowerLoss, .emptyPowerLoss: true
      }
    }
  }

  private struct File {
    var contents: [UInt8] = []
    var synced: [UInt8] = []
  }

  private struct State {
    var files: [Int: File] = [:]
    /// Names now, and as a stop of the machine would leave them.
    var names: [String: Int] = [:]
    var syncedNames: [String: Int] = [:]
    var open: [Int32: Int] = [:]
    var locks: [Int32: String] = [:]
    var readLocks: [Int32: String] = [:]
    var nextFile = 1
    var nextNumber: Int32 = 1
    var operations = 0
    var fault: (Fault, Int)?
    var isStopped = false
    var isFull = false
  }

  private let state = Mutex(State())

  /// Operations so far that can fail.
  var operations: Int { state.withLock { $0.operations } }

  /// Lets operation number `operation`, counted from now on, be the one with the fault.
  func inject(_ fault: Fault?, at operation: Int = 0) {
    state.withLock {
      $0.operations = 0
      $0.fault = fault.map { ($0, operation) }
    }
  }

  /// The process's files are closed and its locks gone; the machine works again.
  func restart() {
    state.withLock {
      $0.open = [:]
      $0.locks = [:]
      $0.readLocks = [:]
      $0.fault = nil
      $0.isStopped = false
      $0.isFull = false
    }
  }

  func change(_ path: String, _ body: (inout [UInt8]) -> Void) {
    state.withLock { state in
      guard let file = state.names[path] else { return }
      body(&state.files[file]!.contents)
      state.files[file]!.synced = state.files[file]!.contents
    }
  }

  /// As somebody who copies a file into the folder.
  func put(_ path: String) {
    state.withLock { SimulatedDisk.make(&$0, path) }
  }

  func contents(_ path: String) -> [UInt8]? {
    state.withLock { state in state.names[path].flatMap { state.files[$0]?.contents } }
  }

  var names: [String] { state.withLock { $0.names.keys.sorted() } }
  var bytes: Int {
    state.withLock { state in
      state.names.values.reduce(0) { $0 + (state.files[$1]?.contents.count ?? 0) }
    }
  }

  private static func stop(_ state: inout State, _ fault: Fault) {
    state.isStopped = true
    guard fault != .kill else { return }
    state.names = state.syncedNames
    for (number, file) in state.files {
      var left = file.synced
      let isLonger = file.contents.count > file.synced.count
      if fault == .tornPowerLoss && isLonger {
        let more = (file.contents.count - file.synced.count) / 2
        left = Array(file.contents[..<(file.synced.count + more)])
      }
      if fault == .emptyPowerLoss && isLonger {
        left += repeatElement(0, count: file.contents.count - file.synced.count)
      }
      state.files[number] = File(contents: left, synced: left)
    }
  }

  /// The fault, if this operation has one.
  private static func enter(_ state: inout State) throws(FileError) -> Fault? {
    guard !state.isStopped else { throw FileError("the machine has stopped") }
    defer { state.operations += 1 }
    guard let (fault, operation) = state.fault, operation == state.operations else { return nil }
    switch fault {
    case .error: throw FileError("injected")
    case .shortWrite: return fault
    case .kill, .powerLoss, .tornPowerLoss, .emptyPowerLoss:
      stop(&state, fault)
      throw FileError("the machine has stopped")
    }
  }

  /// A file of that name, if there is none.
  private static func make(_ state: inout State, _ path: String) {
    guard state.names[path] == nil else { return }
    state.names[path] = state.nextFile
    state.files[state.nextFile] = File()
    state.nextFile += 1
  }

  private func act<Result: Sendable>(
    _ body: (inout State, Fault?) throws(FileError) -> Result
  ) throws(FileError) -> Result {
    try state.withLock { state throws(FileError) in
      let fault = try SimulatedDisk.enter(&state)
      return try body(&state, fault)
    }
  }

  var files: FileSystem {
    FileSystem(
      open: { [self] path, mode throws(FileError) in
        try act { state, _ throws(FileError) in
          SimulatedDisk.make(&state, path)
          let file = state.names[path]!
          if mode == .replace { state.files[file]!.contents = [] }
          state.nextNumber += 1
          state.open[state.nextNumber] = file
          return state.nextNumber
        }
      },
      write: { [self] number, bytes, offset throws(FileError) in
        try act { state, fault throws(FileError) in
          guard let file = state.open[number] else { throw FileError("not open") }
          guard !state.isFull else { throw FileError("no space left") }
          let part = fault == .shortWrite ? bytes.prefix(max(bytes.count / 2, 1)) : bytes
          if fault == .shortWrite { state.isFull = true }
          var contents = state.files[file]!.contents
          if contents.count < offset + part.count {
            contents += repeatElement(0, count: offset + part.count - contents.count)
          }
          contents.replaceSubrange(offset..<offset + part.count, with: part)
          state.files[file]!.contents = contents
          return part.count
        }
      },
      sync: { [self] number throws(FileError) in
        try act { state, _ throws(FileError) in
          guard let file = state.open[number] else { throw FileError("not open") }
          state.files[file]!.synced = state.files[file]!.contents
        }
      },
      truncate: { [self] number, size throws(FileError) in
        try act { state, _ throws(FileError) in
          guard let file = state.open[number] else { throw FileError("not open") }
          state.files[file]!.contents.removeLast(max(state.files[file]!.contents.count - size, 0))
        }
      },
      close: { [self] number in
        state.withLock {
          $0.open[number] = nil
          $0.locks[number] = nil
          $0.readLocks[number] = nil
        }
      },
      read: { [self] path throws(FileError) in
        try act { state, _ throws(FileError) in
          state.names[path].flatMap { state.files[$0]?.contents }
        }
      },
      rename: { [self] from, to throws(FileError) in
        try act { state, _ throws(FileError) in
          state.names[to] = state.names.removeValue(forKey: from)
        }
      },
      remove: { [self] path throws(FileError) in
        try act { state, _ throws(FileError) in state.names[path] = nil }
      },
      list: { [self] path throws(FileError) in
        try act { state, _ throws(FileError) in
          state.names.keys.filter { $0.hasPrefix(path + "/") }
            .map { String($0.dropFirst(path.utf8.count + 1)) }
        }
      },
      syncFolder: { [self] path throws(FileError) in
        try act { state, _ throws(FileError) in state.syncedNames = state.names }
      },
      makeFolder: { [self] _ throws(FileError) in try act { _, _ throws(FileError) in } },
      lock: { [self] path throws(FileError) in
        try act { state, _ throws(FileError) in
          guard !state.locks.values.contains(path), !state.readLocks.values.contains(path)
          else { return nil }
          SimulatedDisk.make(&state, path)
          state.nextNumber += 1
          state.locks[state.nextNumber] = path
          return state.nextNumber
        }
      },
      lockForReading: { [self] path throws(FileError) in
        try act { state, _ throws(FileError) in
          guard state.names[path] != nil else { return .absent }
          guard !state.locks.values.contains(path) else { return .taken }
          state.nextNumber += 1
          state.readLocks[state.nextNumber] = path
          return .held(state.nextNumber)
        }
      })
  }
}
