import CKernels

/// Square planes of the frequency gate, with a border of zeros that is written once: row r
/// stands at origin + r * stride.
struct Planes: Sendable {
  var slot: SlotID
  var size: Int

  var stride: Int { Planes.stride(size) }
  private var pitch: Int { (size + 2) * stride }

  static func stride(_ size: Int) -> Int { roundUp(size, to: 16) + 32 }
  static func count(size: Int, planes: Int) -> Int { planes * (size + 2) * stride(size) }

  func origin(_ plane: Int, _ work: Work) -> UnsafeMutablePointer<Float> {
    work.slot(slot) + plane * pitch + stride + 1
  }
}

/// Tables of a cosine transform, shared by every step that uses them.
final class CosineTables: @unchecked Sendable {
  let plan: calk_dct
  private let memory: FloatMemory

  init?(length: Int) {
    var odd = length
    while odd % 2 == 0 { odd /= 2 }
    let factors = length - odd
    guard let memory = FloatMemory(count: factors + odd * odd) else { return nil }
    var at = 0
    var n = length
    while n > odd {
      for i in 0..<n / 2 {
        memory.base[at] = CosineBasis.factor(i, n)
        at += 1
      }
      n /= 2
    }
    let matrix = CosineBasis.plain(odd)
    for i in matrix.indices { memory.base[at + i] = matrix[i] }
    plan = calk_dct(
      length: Int32(length), odd: Int32(odd), factors: memory.base, matrix: memory.base + factors)
    self.memory = memory
  }

  var scratch: Int { withUnsafePointer(to: plan) { Int(calk_dct_scratch($0)) } }
}

/// One direction of a cosine transform of every plane, down the columns; transposes.
struct CosineStep: Sendable {
  var tables: CosineTables
  var inverse: Bool
  /// Planar input without borders, or nil to read `planes`.
  var input: SlotID?
  var source: Planes
  var target: Planes
  var count: Int

  private static let columnsPerItem = 32
  private var size: Int { target.size }
  private var groups: Int { pieces(size, of: CosineStep.columnsPerItem) }
  var items: Int { count * groups }

  func run(_ item: Int, _ work: Work) {
    let plane = item / groups
    let first = item % groups * CosineStep.columnsPerItem
    let last = min(first + CosineStep.columnsPerItem, size)
    let from = input.map { work.slot($0) + plane * size * size } ?? source.origin(plane, work)
    let stride = input == nil ? source.stride : size
    withUnsafePointer(to: tables.plan) { plan in
      work.kernels.pointee.dct(
        plan, inverse ? 1 : 0, from, Int64(stride), target.origin(plane, work),
        Int64(target.stride), Int32(first), Int32(last), work.scratch)
    }
  }
}

/// The mask, and the masked mean over colours.
struct MaskStep: Sendable {
  var source: Planes
  var target: Planes
  var hidden: Int
  /// weight1, bias1, weight2, bias2 one after the other.
  var weights: FloatMemory

  private static let rowsPerItem = 32
  var items: Int { pieces(source.size, of: MaskStep.rowsPerItem) }

  func run(_ item: Int, _ work: Work) {
    let rows = share(source.size, item, of: items)
    var mask = shape
    mask.planes = (
      UnsafePointer(source.origin(0, work)), UnsafePointer(source.origin(1, work)),
      UnsafePointer(source.origin(2, work))
    )
    mask.out = target.origin(0, work)
    work.kernels.pointee.mask(&mask, Int32(rows.lowerBound), Int32(rows.upperBound), work.scratch)
  }

  private var shape: calk_mask {
    let bias1 = weights.base + hidden * 27
    let weight2 = bias1 + hidden
    var mask = calk_mask()
    mask.size = Int32(source.size)
    mask.stride = Int64(source.stride)
    mask.hidden = Int32(hidden)
    mask.weight1 = UnsafePointer(weights.base)
    mask.bias1 = UnsafePointer(bias1)
    mask.weight2 = UnsafePointer(weight2)
    mask.bias2 = weight2[hidden * 9]
    return mask
  }

  var scratch: Int {
    withUnsafePointer(to: shape) { Int(calk_mask_scratch($0)) }
  }
}

/// Sigmoid, average pooling to the grid, bilinear resize to the feature map.
struct GateStep: Sendable {
  var shape: GateShape
  var source: Planes
  var pooled: SlotID
  var output: SlotID

  func run(_ work: Work) {
    let pooled = work.slot(pooled)
    let grid = Int32(shape.grid)
    work.kernels.pointee.sigmoid_pool(
      source.origin(0, work), Int64(source.stride), Int32(shape.kernel), grid, pooled, 0, grid)
    let gate = work.slot(output)
    let taps = shape.taps
    for y in taps.indices {
      for x in taps.indices { gate[y * taps.count + x] = mix(pooled, taps[y], taps[x]) }
    }
  }

  private func mix(_ p: UnsafePointer<Float>, _ row: BilinearTap, _ column: BilinearTap) -> Float {
    let grid = shape.grid
    let upper =
      p[row.first * grid + column.first] * (1 - column.share)
      + p[row.first * grid + column.second] * column.share
    let lower =
      p[row.second * grid + column.first] * (1 - column.share)
      + p[row.second * grid + column.second] * column.share
    return upper * (1 - row.share) + lower * row.share
  }
}
