/// The largest |found - right|, relative to the largest |right|; infinite if they differ in number or
/// in anything that is not finite, which a plain maximum would pass over.
public func relativeError<Number: BinaryFloatingPoint>(
  _ found: [Float], _ right: [Number]
) -> Double {
  guard found.count == right.count else { return .infinity }
  var (error, size) = (0.0, 0.0)
  for i in found.indices {
    let (a, b) = (Double(found[i]), Double(right[i]))
    guard a.isFinite, b.isFinite else { return .infinity }
    error = max(error, abs(a - b))
    size = max(size, abs(b))
  }
  return size > 0 ? error / size : error
}
