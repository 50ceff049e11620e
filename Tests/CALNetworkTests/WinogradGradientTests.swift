import CALTestSupport
import CKernels
import Testing

@testable import CALNetwork

/// Weight gradients by Winograd's algorithm, beside the sum over positions that they are.
@Suite struct WinogradGradientTests {
  @Test(arguments: fastSets, [2, 4])
  func equalsTheSumOverPositions(_ kernels: KernelSet, tile: Int) throws {
    let table = try #require(kernels.table)
    for (side, input, output) in [(4, 16, 16), (7, 16, 48), (9, 32, 16), (13, 48, 32)] {
      var numbers = Chance(seed: UInt64(side))
      let map = (0..<2 * side * side * input).map { _ in numbers.uniform() }
      let gradient = (0..<2 * side * side * output).map { _ in numbers.uniform() }
      let found = taps(table, tile, side, (input, output), map, gradient)
      let right = plain(side, (input, output), map, gradient)
      #expect(relativeError(found, right) < 1e-5, "\(side) x \(side), \(input) to \(output)")
    }
  }

  private func taps(
    _ table: UnsafePointer<calk_kernels>, _ tile: Int, _ side: Int, _ channels: (Int, Int),
    _ map: [Float], _ gradient: [Float]
  ) -> [Float] {
    let zeros = [Float](repeating: 0, count: 64)
    let (input, output) = (Int32(channels.0), Int32(channels.1))
    return zeros.withUnsafeBufferPointer { zeros in
      var shape = calk_winograd()
      shape.tile = Int32(tile)
      shape.images = 2
      (shape.height, shape.width) = (Int32(side), Int32(side))
      (shape.in_stride, shape.in_channels) = (input, input)
      (shape.out_stride, shape.out_channels) = (output, output)
      shape.zeros = zeros.baseAddress
      let tiles = calk_winograd_tiles(&shape)
      let points = calk_winograd_points(shape.tile)
      func room(_ width: Int32) -> [Float] {
        let count = calk_winograd_room(tiles, Int64(calk_winograd_stride(width)))
        return [Float](repeating: .nan, count: Int(points) * Int(count))
      }
      var (v, u) = (room(input), room(output))
      var sums = [Float](repeating: 0, count: Int(points * input * output))
      var rows = [UnsafePointer<Float>?](repeating: nil, count: Int(tiles))
      table.pointee.winograd_input(&shape, map, 0, tiles, 0, tiles, &v)
      table.pointee.winograd_gradient(&shape, gradient, 0, tiles, 0, tiles, &u)
      table.pointee.winograd_products(&shape, v, u, tiles, 0, points, &sums, &rows)
      var taps = [Float](repeating: 0, count: Int(9 * input * output))
      calk_winograd_taps(
        shape.tile, Int64(input * output), sums, Int64(input * output), &taps)
      return taps
    }
  }

  private func plain(_ side: Int, _ channels: (Int, Int), _ map: [Float], _ gradient: [Float])
    -> [Float]
  {
    let (input, output) = channels
    var taps = [Double](repeating: 0, count: 9 * input * output)
    for image in 0..<2 {
      for y in 0..<side {
        for x in 0..<side {
          for tap in 0..<9 {
            let (row, column) = (y + tap / 3 - 1, x + tap % 3 - 1)
            guard 0..<side ~= row, 0..<side ~= column else { continue }
            let from = ((image * side + row) * side + column) * input
            let to = ((image * side + y) * side + x) * output
            for c in 0..<input {
              for o in 0..<output {
                taps[(tap * input + c) * output + o] += Double(map[from + c] * gradient[to + o])
              }
            }
          }
        }
      }
    }
    return taps.map(Float.init)
  }
}
