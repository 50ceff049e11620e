import CKernels

/// The gradient of a 3x3 convolution's weights by Winograd's algorithm: the sums of the outer
/// products of transformed input and output gradient, point by point.
///
/// Few weights: positions are cut into a fixed number of parts with a sum each, and a part's
/// tiles are transformed into scratch, chunk by chunk. Many weights: all workers transform a
/// chunk of tiles, then each has points of its own. Either way a sum's order does not depend on
/// the number of workers.
final class WinogradGradient {
  private let filter: ConvolutionLayer.Filter
  private let shape: calk_winograd
  private let input: SlotID
  private let output: SlotID
  /// Sums of parts, each `count` floats: point, input channel, output channel.
  private let sums: SlotID
  private let count: Int
  private let parts: Int
  private let tilesPerChunk: Int
  /// Where a chunk of all workers is transformed to; nil: to each worker's scratch.
  private let shared: (input: SlotID, gradient: SlotID)?

  init(
    _ filter: ConvolutionLayer.Filter, tile: Int, from input: Map, to output: Map,
    _ setting: TrainingSetting, _ memory: inout TrainingMemoryBuilder
  ) {
    self.filter = filter
    self.input = input.slot
    self.output = output.slot
    let isShared = filter.input * filter.out > WinogradGradient.partWeights
    shape = calk_winograd(
      tile: tile, images: setting.images, side: output.side, from: (input.channels, input.stride),
      to: (output.channels, output.stride), zeros: setting.zeros)
    count = shape.weightCount
    parts = isShared ? 1 : WinogradGradient.mostParts
    sums = memory.gradient(parts * count)
    let width = shape.points * Int(shape.in_channels + shape.out_channels)
    let room = isShared ? WinogradGradient.sharedFloats : WinogradGradient.cacheFloats
    tilesPerChunk = min(max(room / width, 8), shape.tiles)
    shared =
      isShared
      ? (
        memory.gradient(shape.room(tiles: tilesPerChunk, width: shape.inputWidth)),
        memory.gradient(shape.room(tiles: tilesPerChunk, width: shape.outputWidth))
      ) : nil
  }

  /// Of a transformed chunk.
  private var inputFloats: Int { shape.room(tiles: tilesPerChunk, width: shape.inputWidth) }

  var scratch: ScratchSize {
    var size = ScratchSize(floats: 9 * width, pointers: tilesPerChunk)
    guard shared == nil else { return size }
    let gradient = shape.room(tiles: tilesPerChunk, width: shape.outputWidth)
    size.grow(to: ScratchSize(floats: inputFloats + gradient))
    return size
  }

  private var points: Int { shape.points }
  private var width: Int { Int(shape.out_channels) }

  func clear(part: Int, _ pass: TrainingPass) {
    (pass.slot(sums) + part * count).update(repeating: 0, count: count)
  }

  /// Parts of the batch that `add(part:)` takes; nil: only `add` of the whole batch will do.
  var fixedParts: Int? { shared == nil ? parts : nil }

  /// One part: these images' tiles, transformed into the worker's scratch chunk by chunk.
  func add(part: Int, _ images: Range<Int>, _ worker: Int, _ pass: TrainingPass) {
    let scratch = pass.scratch[worker]
    let (v, u) = (scratch.floats.base, scratch.floats.base + inputFloats)
    withUnsafePointer(to: shape) { shape in
      let perImage = shape.pointee.imageTiles
      let end = perImage * images.upperBound
      for first in stride(from: perImage * images.lowerBound, to: end, by: tilesPerChunk) {
        let last = min(first + tilesPerChunk, end)
        transform(first..<last, from: first, room: last - first, v, u, shape, pass)
        pass.kernels.pointee.winograd_products(
          shape, v, u, Int32(last - first), 0, Int32(points), pass.slot(sums) + part * count,
          scratch.table)
      }
    }
  }

  /// The whole batch.
  func add(_ pass: TrainingPass) {
    guard let shared else { return }
    pass.crew.each(points) { point, _ in
      let size = count / points
      (pass.slot(sums) + point * size).update(repeating: 0, count: size)
    }
    withUnsafePointer(to: shape) { shape in
      addTogether(shape, shape.pointee.imageTiles * pass.images, shared, pass)
    }
  }

  private func addTogether(
    _ shape: UnsafePointer<calk_winograd>, _ tiles: Int,
    _ shared: (input: SlotID, gradient: SlotID), _ pass: TrainingPass
  ) {
    let (v, u) = (pass.slot(shared.input), pass.slot(shared.gradient))
    for first in stride(from: 0, to: tiles, by: tilesPerChunk) {
      let chunk = min(tilesPerChunk, tiles - first)
      let items = min(chunk, 4 * pass.crew.workers)
      pass.crew.each(items) { item, _ in
        let range = share(chunk, item, of: items)
        transform(
          first + range.lowerBound..<first + range.upperBound, from: first, room: chunk, v, u,
          shape, pass)
      }
      pass.crew.each(points) { point, worker in
        pass.kernels.pointee.winograd_products(
          shape, v, u, Int32(chunk), Int32(point), Int32(point + 1), pass.slot(sums),
          pass.scratch[worker].table)
      }
    }
  }

  private func transform(
    _ tiles: Range<Int>, from first: Int, room: Int, _ v: UnsafeMutablePointer<Float>,
    _ u: UnsafeMutablePointer<Float>, _ shape: UnsafePointer<calk_winograd>, _ pass: TrainingPass
  ) {
    let (begin, end) = (Int32(tiles.lowerBound), Int32(tiles.upperBound))
    pass.kernels.pointee.winograd_input(
      shape, pass.slot(input), begin, end, Int32(first), Int32(room), v)
    pass.kernels.pointee.winograd_gradient(
      shape, pass.slot(output), begin, end, Int32(first), Int32(room), u)
  }

  /// Adds the sums of these input channels to the pass's gradients.
  func write(_ channels: Range<Int>, _ worker: Int, _ pass: TrainingPass) {
    let step = Int(shape.in_channels) * width
    let (sums, line) = (pass.slot(sums), pass.scratch[worker].floats.base)
    for point in 0..<points {
      addUp(
        parts, from: sums + point * step + channels.lowerBound * width, step: count,
        length: channels.count * width)
    }
    for channel in channels {
      calk_winograd_taps(shape.tile, Int64(width), sums + channel * width, Int64(step), line)
      filter.add(line, step: width, channel: channel, to: pass.gradients)
    }
  }

  /// On smaller maps most taps meet few positions. Where all of these are 0, so is the gradient,
  /// but Winograd's way leaves the rounding of the others, which Adam would blow up.
  static let leastSide = 6

  private static let mostParts = 16
  /// The most pairs of input and output channel that parts have sums of.
  private static let partWeights = 36 * 36
  /// A chunk's input and gradient should stay in the second-level cache.
  private static let cacheFloats = 56 * 1024
  /// A chunk of all workers should stay in the third-level cache.
  private static let sharedFloats = 2 << 20
}
