import CALNetwork

extension Bank {
  /// Where on the feature map the logit of the prototype in `row` comes from. With features
  /// f_c = scale_c * mean over positions of map[.][c] + shift_c (pooling and neck) and the
  /// logit sum_c p_c f_c, the part of one position is
  ///
  ///     (sum_c p_c scale_c map[position][c] + sum_c p_c shift_c) / positions
  ///
  /// so that the values sum to the logit, exactly but for rounding; they are computed in
  /// double precision. Where features have length 1 (`isUnit`), this is divided by the length of
  /// f. `map` is position-major, `mapStride` floats from position to position.
  /// false if a length does not fit (`values.count` is the number of positions).
  public func evidence(
    row: Int, map: Span<Float>, mapStride: Int, scale: [Float], shift: [Float],
    isUnit: Bool, into values: inout MutableSpan<Float>
  ) -> Bool {
    let positions = values.count
    guard active.indices.contains(row), positions > 0, mapStride >= featureCount,
      map.count >= (positions - 1) * mapStride + featureCount,
      scale.count == featureCount, shift.count == featureCount
    else { return false }
    let vector = matrix.span.extracting(row * featureCount..<(row + 1) * featureCount)

    var constant = 0.0
    for c in 0..<featureCount { constant += Double(vector[c]) * Double(shift[c]) }
    let length =
      isUnit ? featureLength(map, mapStride, positions: positions, scale, shift) : 1
    for position in 0..<positions {
      var sum = 0.0
      for c in 0..<featureCount {
        let weight = Double(vector[c]) * Double(scale[c])
        sum += weight * Double(map[position * mapStride + c])
      }
      // All features 0: so are the logit and its parts.
      values[position] = length == 0 ? 0 : Float((sum + constant) / Double(positions) / length)
    }
    return true
  }

  /// Of f.
  private func featureLength(
    _ map: Span<Float>, _ mapStride: Int, positions: Int, _ scale: [Float], _ shift: [Float]
  ) -> Double {
    var squares = 0.0
    for c in 0..<featureCount {
      var sum = 0.0
      for position in 0..<positions { sum += Double(map[position * mapStride + c]) }
      let feature = Double(scale[c]) * sum / Double(positions) + Double(shift[c])
      squares += feature * feature
    }
    return squares.squareRoot()
  }
}
