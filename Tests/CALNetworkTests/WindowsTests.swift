import Testing

@testable import CALNetwork

/// Shapes, against what their definitions say, position by position.
@Suite struct WindowsTests {
  /// As many outputs as windows that begin within the padded map and end there.
  @Test(arguments: 1...40, [1, 3, 7])
  func convolvedCountsTheWindowsOfAMap(_ side: Int, _ kernel: Int) {
    let pad = kernel / 2
    for step in 1...3 {
      let starts = stride(from: -pad, through: side + pad - kernel, by: step)
      #expect(convolved(side, kernel: kernel, stride: step) == Array(starts).count)
    }
  }

  @Test func mapSizeIsThatOfTheLastMap() {
    for seed in 1...40 {
      let spec = RandomNetwork(seed: UInt64(seed)).spec
      #expect(spec.mapSize == spec.blockConvolutions.last?.side, "\(spec)")
    }
  }

  /// Taps of the gathered picture's window meet the pixels that those of the picture itself meet,
  /// and zeros where these lie outside.
  @Test(arguments: [3, 7], [1, 2])
  func aGatheredPicturesWindowMeetsThePicturesPixels(_ kernel: Int, _ step: Int) throws {
    let size = 9
    let planes = (0..<3).map { c in (0..<size * size).map { Float(1 + 1000 * c + $0) } }
    let gathered = GatheredPicture(size: size, kernel: kernel)
    let memory = try #require(FloatMemory(count: gathered.count))
    planes[0].withUnsafeBufferPointer { red in
      planes[1].withUnsafeBufferPointer { green in
        planes[2].withUnsafeBufferPointer { blue in
          gathered.fill(
            memory.base, from: (red.baseAddress!, green.baseAddress!, blue.baseAddress!),
            stride: size, rows: 0..<size)
        }
      }
    }
    let window = gathered.window(step: step)
    #expect(window.depth == 3 * kernel * kernel)
    let side = convolved(size, kernel: kernel, stride: step)
    for place in 0..<side * side {
      let (y, x) = (place / side * step, place % side * step)
      for tap in 0..<Int(window.kernel_h) {
        let run = (y + tap) * Int(window.row_stride) + x * Int(window.pixel_stride)
        for i in 0..<Int(window.length) {
          let (row, column) = (y + tap - kernel / 2, x + i / 3 - kernel / 2)
          let isInside = (0..<size).contains(row) && (0..<size).contains(column)
          let expected = isInside ? planes[i % 3][row * size + column] : 0
          #expect(memory.base[run + i] == expected)
        }
      }
    }
  }

  /// Training's gate, against the reference path's.
  @Test(arguments: [8, 9, 31, 33, 64], [1, 5, 8])
  func theGatesShapeIsTheReferences(_ size: Int, _ grid: Int) {
    let picture = FeatureMap(
      channels: 1, height: size, width: size,
      values: (0..<size * size).map { Float($0 * 37 % 101) / 101 })
    for side in [1, 4, 7, 16] {
      let shape = GateShape(size: size, grid: grid, mapSide: side)
      var gate = [Float](repeating: 0, count: shape.positions)
      shape.gate(of: picture.values, to: &gate)
      let expected = picture.averagePooled(grid: grid).resized(height: side, width: side)
      #expect(zip(gate, expected.values).allSatisfy { abs($0 - $1) < 1e-5 })
    }
  }
}
