import CALNetwork

extension Bank {
  /// Where on the feature map the logit of the prototype in `row` comes from. With features
  /// f_c = scale_c * mean over positions of map[.][c] + shift_c (pooling and neck) and the
  /// logit sum_c p_c f_c, the part of one position is
  ///
  ///     (sum_c p_c scale_c map[position][c] + sum_c p_c shift_c) / positions
  ///
  /// so that the values sum to the logit, exactly but for rounding; they are computed in
  /// double precision. `map` is position-major, `mapStride` floats from position to position.
  /// false if a length does not fit (`values.count` is the number of positions).
  public func evidence(
    row: Int, map: Span<Float>, mapStride: Int, scale: [Float], shift: [Float],
    into values: inout MutableSpan<Float>
  ) -> Bool {
    let positions = values.count
    guard active.indices.contains(row), positions > 0, mapStride >= featureCount,
      map.count >= (positions - 1) * mapStride + featureCount,
      scale.count == featureCount, shift.count == featureCount
    else { return false }
    let vector = matrix.span.extracting(row * featureCount..<(row + 1) * featureCount)

    var constant = 0.0
    for c in 0..<featureCount { constant += Double(vector[c]) * Double(shift[c]) }
    for position in 0..<positions {
      var sum = 0.0
      for c in 0..<featureCount {
        let weight = Double(vector[c]) * Double(scale[c])
        sum += weight * Double(map[position * mapStride + c])
      }
      values[position] = Float((sum + constant) / Double(positions))
    }
    return true
  }
}
