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

  /// Plane 0 to 5: `size` rows, `rowStride` floats from row to row.
  func plane(_ i: Int) -> UnsafeMutablePointer<Float> { base + i * layer.planeCount }

  private var cosine: UnsafeMutablePointer<Float> { plane(6) }

  /// size x size positions of the hidden map's stride, or 16 floats each.
  var map: UnsafeMutablePointer<Float> { cosine + roundUp(layer.tables.scratch, to: 16) }

  /// The two-dimensional transform of a plane.
  func transform(
    _ input: UnsafePointer<Float>, stride: Int, to output: UnsafeMutablePointer<Float>,
    via middle: UnsafeMutablePointer<Float>, inverse: Bool,
    _ kernels: UnsafePointer<calk_kernels>
  ) {
    let between = Int64(layer.rowStride)
    let size = Int32(layer.size)
    withUnsafePointer(to: layer.tables.plan) { plan in
      let direction: Int32 = inverse ? 1 : 0
      kernels.pointee.dct(
        plan, direction, input, Int64(stride), middle, between, 0, size, cosine)
      kernels.pointee.dct(plan, direction, middle, between, output, between, 0, size, cosine)
    }
  }
}
