import CKernels

/// One worker's scratch in the frequency gate: planes, a map of logits or gradients, and room
/// for a cosine transform.
struct FrequencyRoom {
  private let layer: FrequencyLayer
  private let base: UnsafeMutablePointer<Float>
  let table: UnsafeMutablePointer<UnsafePointer<Float>?>

  init(_ layer: FrequencyLayer, _ scratch: WorkerScratch) {
    self.layer = layer
    base = scratch.floats.base
    table = scratch.table
  }

  static func size(_ layer: FrequencyLayer) -> ScratchSize {
    let planes = FrequencyRoom.planes * planeCount(layer)
    return ScratchSize(
      floats: planes + cosineCount(layer) + layer.map.positions * max(layer.map.stride, 16),
      pointers: FrequencyFilters.rowsPerCall * FrequencyFilters.kernel * FrequencyFilters.kernel)
  }

  private static let planes = 4
  private static func rowStride(_ layer: FrequencyLayer) -> Int { roundUp(layer.size, to: 16) + 16 }
  private static func planeCount(_ layer: FrequencyLayer) -> Int {
    layer.size * rowStride(layer) + 64
  }
  private static func cosineCount(_ layer: FrequencyLayer) -> Int {
    roundUp(layer.tables.scratch, to: 16)
  }

  /// Floats from row to row of a plane.
  var rowStride: Int { FrequencyRoom.rowStride(layer) }

  /// Plane 0 to 3: `size` rows.
  func plane(_ i: Int) -> UnsafeMutablePointer<Float> { base + i * FrequencyRoom.planeCount(layer) }

  private var cosine: UnsafeMutablePointer<Float> { plane(FrequencyRoom.planes) }

  /// size x size positions of the hidden map's stride, or 16 floats each.
  var map: UnsafeMutablePointer<Float> { cosine + FrequencyRoom.cosineCount(layer) }

  /// The two-dimensional transform of a plane.
  func transform(
    _ input: UnsafePointer<Float>, stride: Int, to output: UnsafeMutablePointer<Float>,
    via middle: UnsafeMutablePointer<Float>, inverse: Bool,
    _ kernels: UnsafePointer<calk_kernels>
  ) {
    let between = Int64(rowStride)
    let size = Int32(layer.size)
    withUnsafePointer(to: layer.tables.plan) { plan in
      let direction: Int32 = inverse ? 1 : 0
      kernels.pointee.dct(
        plan, direction, input, Int64(stride), middle, between, 0, size, cosine)
      kernels.pointee.dct(plan, direction, middle, between, output, between, 0, size, cosine)
    }
  }
}
