import CCal
import Synchronization

/// The live handles of one C type, and the objects behind them.
///
/// A handle is a number in a pointer's clothes, never an address: it counts up and is never
/// given out twice, so a stale handle cannot come to mean a newer object that happens to lie
/// at the same address, and nothing that a caller passes is ever dereferenced to find out what
/// it is. The low four bits hold the type: they tell a session from a model in error texts,
/// and no pointer that malloc made (aligned to 16) can equal a handle.
///
/// `find` hands out a strong reference: freeing a handle while another thread works with its
/// object is safe, the object dies with its last user.
struct HandleTable<Object: AnyObject & Sendable>: ~Copyable, Sendable {
  private let type: HandleType
  private let live = Mutex<[UInt: Object]>([:])

  init(_ type: HandleType) { self.type = type }

  func add(_ object: Object) -> OpaquePointer {
    let number = nextHandle.add(1, ordering: .relaxed).newValue
    let bits = number << HandleType.bits | type.rawValue
    live.withLock { $0[bits] = object }
    // Not NULL: no type is 0.
    return OpaquePointer(bitPattern: bits).unsafelyUnwrapped
  }

  func find(_ handle: OpaquePointer?) throws(Failure) -> Object {
    let bits = UInt(bitPattern: handle)
    if let object = live.withLock({ $0[bits] }) { return object }
    throw type.failure(bits)
  }

  /// Takes the handle out; an unknown one is left alone. The object is released only after the
  /// lock is, because the end of a session waits for its threads.
  func remove(_ handle: OpaquePointer?) {
    let bits = UInt(bitPattern: handle)
    _ = live.withLock { $0.removeValue(forKey: bits) }
  }
}

enum HandleType: UInt {
  case model = 1
  case session = 2
  case trainer = 3
  case updater = 4

  static let bits: UInt = 4

  var name: StaticString {
    switch self {
    case .model: "cal_model"
    case .session: "cal_session"
    case .trainer: "cal_trainer"
    case .updater: "cal_updater"
    }
  }

  fileprivate func failure(_ bits: UInt) -> Failure {
    guard bits != 0 else { return Failure(CAL_ERR_HANDLE, "\(name) handle is NULL") }
    let handle = "0x" + String(bits, radix: 16)
    let given = HandleType(rawValue: bits & ((1 << HandleType.bits) - 1))
    if let given, given != self {
      return Failure(CAL_ERR_HANDLE, "\(handle) is not a \(name) but looks like a \(given.name)")
    }
    return Failure(
      CAL_ERR_HANDLE, "\(handle) is not a live \(name): never made by libcal, or freed already")
  }
}

/// Shared by all types, so that no two handles of any type are ever equal.
private let nextHandle = Atomic<UInt>(0)
