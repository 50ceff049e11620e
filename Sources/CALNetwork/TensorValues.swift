/// The numbers of one tensor, for as long as the call lasts that asked for them.
public enum TensorValues {
  case owned([Float])
  /// f32 in the machine's byte order, at any alignment: as they stand in a model file.
  case lent(UnsafeRawBufferPointer)

  var count: Int {
    switch self {
    case .owned(let values): values.count
    case .lent(let bytes): bytes.count / 4
    }
  }

  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    switch self {
    case .owned(let values): values.withUnsafeBytes(body)
    case .lent(let bytes): body(bytes)
    }
  }

  /// A copy, unless they are one already.
  var array: [Float] {
    switch self {
    case .owned(let values): values
    case .lent(let bytes):
      [Float](unsafeUninitializedCapacity: count) { target, initialised in
        UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
        initialised = count
      }
    }
  }
}
