/// The sum of products in the order that heads and row products state, one product at a time: what
/// they compute must have its bits.
public func statedDot(_ a: some Collection<Float>, _ b: some Collection<Float>) -> Float {
  let (a, b) = (Array(a), Array(b))
  let whole = a.count / 16 * 16
  var sums = [Float](repeating: 0, count: 16)
  for i in 0..<whole { sums[i % 16] = a[i] * b[i] + sums[i % 16] }
  for half in [8, 4, 2, 1] {
    for k in 0..<half { sums[k] += sums[k + half] }
  }
  return (whole..<a.count).reduce(sums[0]) { a[$1] * b[$1] + $0 }
}
