import CKernels

/// Planar input to padded, interleaved positions, for the stem.
struct GatherStep: Sendable {
  var picture: GatheredPicture
  var input: SlotID
  var output: SlotID

  private static let rowsPerItem = 32
  private var size: Int { picture.size }
  var items: Int { pieces(size, of: GatherStep.rowsPerItem) }

  func run(_ item: Int, _ work: Work) { run(share(size, item, of: items), image: 0, work) }

  /// Of a batch.
  func run(image: Int, _ work: Work) { run(0..<size, image: image, work) }

  private func run(_ rows: Range<Int>, image: Int, _ work: Work) {
    let from = UnsafePointer(work.slot(input)) + image * 3 * size * size
    picture.fill(
      work.slot(output) + image * picture.count,
      from: (from, from + size * size, from + 2 * size * size), stride: size, rows: rows)
  }
}

/// 3x3 max pooling of stride 2.
struct MaxPoolStep: Sendable {
  var input: Map
  var output: Map

  private static let rowsPerItem = 8
  var items: Int { pieces(output.side, of: MaxPoolStep.rowsPerItem) }

  func run(_ item: Int, _ work: Work) { run(share(output.side, item, of: items), image: 0, work) }

  /// Of a batch.
  func run(image: Int, _ work: Work) { run(0..<output.side, image: image, work) }

  private func run(_ rows: Range<Int>, image: Int, _ work: Work) {
    work.kernels.pointee.max_pool(
      work.slot(input.slot) + image * input.count, Int32(input.side), Int32(input.side),
      Int32(input.padded), Int32(input.stride), work.slot(output.slot) + image * output.count,
      Int32(output.side), Int32(rows.lowerBound), Int32(rows.upperBound))
  }
}

/// Gate, global average pooling and the neck's norm.
struct PoolStep: Sendable {
  var map: Map
  var gate: SlotID?
  var features: SlotID
  /// Neck scale, then neck shift, `channels` each.
  var neck: FloatMemory

  private static let channelsPerItem = 256
  private var channels: Int { map.padded }
  var items: Int { pieces(channels, of: PoolStep.channelsPerItem) }

  func run(_ item: Int, _ work: Work) {
    let first = item * PoolStep.channelsPerItem
    let last = min(first + PoolStep.channelsPerItem, channels)
    work.kernels.pointee.pool(
      work.slot(map.slot), Int32(map.positions), Int32(map.stride),
      gate.map { UnsafePointer(work.slot($0)) }, neck.base, neck.base + channels,
      work.slot(features), Int32(first), Int32(last))
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
