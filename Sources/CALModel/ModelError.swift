/// Why a model could not be read, made or written. Each text is one sentence that names the
/// field and the value at fault: "bank.prototypes[3].vector: 512 bytes, needs 1024".
public enum ModelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Not a CAL model file, cut short, or damaged.
  case format(String)
  /// Made for a newer libcal.
  case version(String)
  /// Well-formed, but a field contradicts another or its range.
  case invalid(String)
  /// A count or size over its limit.
  case limit(String)
  case memory(String)
  case io(String)
  /// The progress callback said stop.
  case cancelled

  public var description: String {
    switch self {
    case .format(let text), .version(let text), .invalid(let text), .limit(let text),
      .memory(let text), .io(let text):
      text
    case .cancelled: "loading was cancelled by the progress callback"
    }
  }
}

/// Throws unless `value` lies in `range`: too much is over a limit, too little is invalid.
func checkCount(_ value: Int, _ range: ClosedRange<Int>, _ path: String) throws(ModelError) {
  if value > range.upperBound {
    throw .limit("\(path): \(value), at most \(range.upperBound)")
  }
  if value < range.lowerBound {
    throw .invalid("\(path): \(value), at least \(range.lowerBound)")
  }
}

/// Throws unless `value` can be counted on from.
func checkCounter(_ value: UInt64, _ path: String) throws(ModelError) {
  guard value <= Limit.counter else {
    throw .limit("\(path): \(value), at most \(Limit.counter)")
  }
}

/// Throws unless `value` lies in `range`; NaN lies in no range.
func checkValue(_ value: Float, _ range: ClosedRange<Float>, _ path: String) throws(ModelError) {
  guard range.contains(value) else {
    throw .invalid("\(path): \(value), needs \(range.lowerBound) to \(range.upperBound)")
  }
}
