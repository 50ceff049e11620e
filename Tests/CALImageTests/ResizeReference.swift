import CALImage

/// The plain statement of Pillow's bilinear resize: what the kernels are tested against. One
/// colour at a time, two passes over whole pictures, integers of 22 fraction bits.
func referenceResize(
  _ picture: Picture, x: Int, y: Int, width: Int, height: Int, to target: ResizeTarget
) -> [UInt8] {
  var result = [UInt8](repeating: 0, count: target.width * target.height * 3)
  for colour in 0..<3 {
    let rows = (y..<y + height).map { row in
      let line = (x..<x + width).map { picture.rgb[(row * picture.width + $0) * 3 + colour] }
      return target.isMirrored ? line.reversed() : line
    }
    let resized =
      height > target.height && height - target.height > 2 * (width - target.width)
      ? resizeRows(resizeColumns(rows, to: target.height), to: target.width)
      : resizeColumns(resizeRows(rows, to: target.width), to: target.height)
    for (row, line) in resized.enumerated() {
      for (column, value) in line.enumerated() {
        result[3 * (row * target.width + column) + colour] = value
      }
    }
  }
  return result
}

private func resizeRows(_ rows: [[UInt8]], to size: Int) -> [[UInt8]] {
  rows.map { resizeLine($0, to: size) }
}

private func resizeColumns(_ rows: [[UInt8]], to size: Int) -> [[UInt8]] {
  transposed(resizeRows(transposed(rows), to: size))
}

private func transposed(_ rows: [[UInt8]]) -> [[UInt8]] {
  rows[0].indices.map { column in rows.map { $0[column] } }
}

private func resizeLine(_ line: [UInt8], to size: Int) -> [UInt8] {
  let scale = Double(line.count) / Double(size)
  let support = max(1, scale)
  return (0..<size).map { output in
    let centre = (Double(output) + 0.5) * scale
    let first = max(0, Int(centre - support + 0.5))
    let end = min(line.count, Int(centre + support + 0.5))
    let weights = (first..<end).map { pixel in
      let distance = abs((Double(pixel) - centre + 0.5) * (1 / support))
      return distance < 1 ? 1 - distance : 0
    }
    let sum = weights.reduce(0, +)
    var value = 1 << 21
    for (pixel, weight) in zip(first..<end, weights) {
      value += Int(line[pixel]) * Int(weight / sum * Double(1 << 22) + 0.5)
    }
    return UInt8(min(max(value >> 22, 0), 255))
  }
}
