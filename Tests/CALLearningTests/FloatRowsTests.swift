import CALTestSupport
import CKernels
import Testing

@testable import CALLearning

@Suite struct FloatRowsTests {
  /// Every tile and rest of it, and blocks of rows: the same bits in all sets.
  @Test(
    arguments: [CALK_PORTABLE, CALK_AVX2, CALK_AVX512].filter { calk_kernels_for($0) != nil },
    [1, 5, 16, 33, 100, 8200])
  func productsHaveTheBitsOfTheStatedOrder(_ set: calk_set, width: Int) throws {
    let kernels = try #require(calk_kernels_for(set)).pointee
    var random = Chance(seed: UInt64(width))
    for (rows, columns) in [(1, 1), (2, 3), (3, 4), (5, 7), (4, 6), (9, 20)] {
      let (a, b) = (random.floats(rows * width), random.floats(columns * width))
      // Wider than the result: what is behind a row stays as it is.
      let stride = columns + 2
      var out = [Float](repeating: -7, count: rows * stride)
      kernels.row_products(
        a, Int64(rows), b, Int64(columns), Int64(width), &out, Int64(stride))
      for i in 0..<rows {
        for j in 0..<columns {
          let own = statedDot(a[i * width..<(i + 1) * width], b[j * width..<(j + 1) * width])
          #expect(out[i * stride + j].bitPattern == own.bitPattern, "\(rows)x\(columns)")
        }
        #expect(out[i * stride + columns] == -7 && out[i * stride + columns + 1] == -7)
      }
    }
  }

  @Test func rowsAndColumns() {
    var random = Chance(seed: 3)
    let rows = FloatRows((0..<21).map { _ in random.floats(37) })
    let columns = rows.transposed
    #expect(rows.count == 21 && columns.count == 37 && columns.width == 21)
    for row in 0..<21 { for f in 0..<37 { #expect(rows[row][f] == columns[f][row]) } }
    let picked = rows.picking([4, 20, 4])
    #expect(picked[0] == rows[4] && picked[1] == rows[20] && picked[2] == rows[4])
    #expect(
      rows.products(4..<6, picked)
        == rowProducts(
          (rows[4] + rows[5]).span, picked.values.span, width: 37))
    #expect(rows.products(2..<3, FloatRows(width: 37)).isEmpty)
  }

  @Test func directionsHaveLengthOne() {
    var rows = FloatRows(width: 2)
    rows.append(direction: [3, -4])
    rows.append(direction: [0, 0])
    #expect(rows.values == [0.6, -0.8, 0, 0])
    var sum = RowSum(width: 2)
    #expect(sum.mean == nil)
    sum.add(0, of: rows)
    sum.add(direction: [0, 9])
    #expect(sum.mean == [Float(0.6) / 2, (Float(-0.8) + 1) / 2])
  }
}
