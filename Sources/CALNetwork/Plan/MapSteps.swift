import CKernels

/// Planar input to padded, interleaved positions: the stem then reads kernel x 3 floats in one
/// run instead of `kernel` taps of 3.
struct GatherStep: Sendable {
  var size: Int
  var pad: Int
  var input: SlotID
  var output: SlotID

  private static let rowsPerItem = 32
  var items: Int { (size + GatherStep.rowsPerItem - 1) / GatherStep.rowsPerItem }

  static func count(size: Int, pad: Int) -> Int { (size + 2 * pad) * (size + 2 * pad) * 3 }

  func run(_ item: Int, _ work: Work) {
    let from = UnsafePointer(work.slot(input))
    let pitch = (size + 2 * pad) * 3
    interleave(
      planes: (from, from + size * size, from + 2 * size * size),
      rows: share(size, item, of: items),
      size: size, stride: size, to: work.slot(output) + pad * pitch + 3 * pad, pitch: pitch)
  }
}

/// Writes rows of three planes, `size` values each and `stride` floats from row to row, as
/// positions of three, `pitch` floats from row to row.
func interleave(
  planes: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>), rows: Range<Int>,
  size: Int, stride: Int, to output: UnsafeMutablePointer<Float>, pitch: Int
) {
  for y in rows {
    let row = output + y * pitch
    let at = y * stride
    for x in 0..<size {
      row[3 * x] = planes.0[at + x]
      row[3 * x + 1] = planes.1[at + x]
      row[3 * x + 2] = planes.2[at + x]
    }
  }
}

/// 3x3 max pooling of stride 2.
struct MaxPoolStep: Sendable {
  var side: Int
  var channels: Int
  var stride: Int
  var input: SlotID
  var output: SlotID

  private var outSide: Int { convolved(side, kernel: 3, stride: 2) }
  private static let rowsPerItem = 8
  var items: Int { (outSide + MaxPoolStep.rowsPerItem - 1) / MaxPoolStep.rowsPerItem }

  func run(_ item: Int, _ work: Work) {
    let rows = share(outSide, item, of: items)
    work.kernels.pointee.max_pool(
      work.slot(input), Int32(side), Int32(side), Int32(channels), Int32(stride),
      work.slot(output), Int32(outSide), Int32(rows.lowerBound), Int32(rows.upperBound))
  }
}

/// Gate, global average pooling and the neck's norm.
struct PoolStep: Sendable {
  var positions: Int
  var channels: Int
  var stride: Int
  var map: SlotID
  var gate: SlotID?
  var features: SlotID
  /// Neck scale, then neck shift, `channels` each.
  var neck: FloatMemory

  private static let channelsPerItem = 256
  var items: Int { (channels + PoolStep.channelsPerItem - 1) / PoolStep.channelsPerItem }

  func run(_ item: Int, _ work: Work) {
    let first = item * PoolStep.channelsPerItem
    let last = min(first + PoolStep.channelsPerItem, channels)
    work.kernels.pointee.pool(
      work.slot(map), Int32(positions), Int32(stride), gate.map { UnsafePointer(work.slot($0)) },
      neck.base, neck.base + channels, work.slot(features), Int32(first), Int32(last))
  }
}

/// Scales the features to length 1.
struct UnitStep: Sendable {
  var channels: Int
  var features: SlotID

  func run(_ work: Work) {
    FixedLength.features.scale(
      UnsafeBufferPointer(start: work.slot(features), count: channels), into: work.slot(features))
  }
}
