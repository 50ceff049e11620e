/// The gate's way from a picture to a map's positions, and back, in training.
extension GateShape {
  func gate(of picture: UnsafePointer<Float>, to gate: UnsafeMutablePointer<Float>) {
    var pooled = [Float](repeating: 0, count: grid * grid)
    for y in 0..<grid * kernel {
      for x in 0..<grid * kernel { pooled[y / kernel * grid + x / kernel] += picture[y * size + x] }
    }
    let share = 1 / Float(kernel * kernel)
    for (y, row) in taps.enumerated() {
      for (x, column) in taps.enumerated() {
        var sum: Float = 0
        for corner in corners(row, column) { sum += pooled[corner.cell] * corner.weight }
        gate[y * taps.count + x] = sum * share
      }
    }
  }

  /// From the gradient of the gate to that of the picture.
  func gradient(of gate: UnsafePointer<Float>, add: (_ y: Int, _ x: Int, Float) -> Void) {
    var pooled = [Float](repeating: 0, count: grid * grid)
    for (y, row) in taps.enumerated() {
      for (x, column) in taps.enumerated() {
        for corner in corners(row, column) {
          pooled[corner.cell] += gate[y * taps.count + x] * corner.weight
        }
      }
    }
    let share = 1 / Float(kernel * kernel)
    for y in 0..<size {
      for x in 0..<size {
        let inside = y < grid * kernel && x < grid * kernel
        add(y, x, inside ? pooled[y / kernel * grid + x / kernel] * share : 0)
      }
    }
  }

  private func corners(_ row: BilinearTap, _ column: BilinearTap) -> [(cell: Int, weight: Float)] {
    [
      (row.first * grid + column.first, (1 - row.share) * (1 - column.share)),
      (row.first * grid + column.second, (1 - row.share) * column.share),
      (row.second * grid + column.first, row.share * (1 - column.share)),
      (row.second * grid + column.second, row.share * column.share),
    ]
  }
}
