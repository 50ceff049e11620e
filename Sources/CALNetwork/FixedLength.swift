/// Vectors scaled to one Euclidean length; the vector 0 stays 0. In double precision and one order
/// of additions, so that the bits depend on nothing but the vector.
struct FixedLength {
  let length: Double

  /// Of the features behind a unit neck.
  static let features = FixedLength(length: 1)
  /// Of their prototypes: logits are cosines divided by the temperature 0.1.
  static let prototypes = FixedLength(length: 10)

  /// `result` has as many places as `values`, and may be the same memory.
  func scale(_ values: UnsafeBufferPointer<Float>, into result: UnsafeMutablePointer<Float>) {
    let factor = length / FixedLength.square(values).squareRoot()
    for i in values.indices {
      result[i] = values[i] == 0 ? 0 : Float(Double(values[i]) * factor)
    }
  }

  /// From the gradient of what `scale` makes of `values` to that of `values`: with the vector v
  /// and the gradient g, (g - (g . v) v / |v|^2) * length / |v|; 0 for the vector 0.
  func gradient(
    _ values: UnsafeBufferPointer<Float>, from slopes: UnsafePointer<Float>,
    into result: UnsafeMutablePointer<Float>
  ) {
    let square = FixedLength.square(values)
    guard square != 0 else { return result.update(repeating: 0, count: values.count) }
    var product = 0.0
    for i in values.indices { product += Double(slopes[i]) * Double(values[i]) }
    let factor = length / square.squareRoot()
    for i in values.indices {
      result[i] = Float((Double(slopes[i]) - product / square * Double(values[i])) * factor)
    }
  }

  private static func square(_ values: UnsafeBufferPointer<Float>) -> Double {
    var sum = 0.0
    for value in values { sum += Double(value) * Double(value) }
    return sum
  }
}
