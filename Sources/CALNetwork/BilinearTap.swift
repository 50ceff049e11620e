/// Where a resized row or column comes from: `first` and `second` of the source, mixed with
/// `share` of the second. Half-pixel centres, clamped at the edges (align_corners = false).
struct BilinearTap: Equatable {
  var first: Int
  var second: Int
  var share: Float

  static func taps(from source: Int, to target: Int) -> [BilinearTap] {
    let scale = Float(source) / Float(target)
    return (0..<target).map { i in
      let centre = max(scale * (Float(i) + 0.5) - 0.5, 0)
      let first = min(Int(centre), source - 1)
      return BilinearTap(
        first: first, second: min(first + 1, source - 1), share: centre - Float(first))
    }
  }
}
