import CKernels

/// The gradient of a convolution's weights: the sum over all positions of the outer products of
/// input and output gradient.
///
/// Few weights: positions are cut into a fixed number of parts with a sum each, which are added
/// up behind the pass. Many weights: each worker has weights of its own and goes through all
/// positions. Either way a sum's order does not depend on the number of workers.
final class WeightGradient {
  private let filter: ConvolutionLayer.Filter
  private let conv: calk_conv
  private let input: SlotID
  private let output: Map
  private let zeros: FloatMemory
  /// Sums of parts, each `count` floats: tap, input channel, output channel.
  private let sums: SlotID
  private let count: Int
  private let parts: Int
  private let rowsPerCall: Int

  init(
    _ filter: ConvolutionLayer.Filter, _ window: calk_window, from input: SlotID,
    to output: Map, _ setting: TrainingSetting, _ memory: inout TrainingMemoryBuilder
  ) {
    self.filter = filter
    self.input = input
    self.output = output
    zeros = setting.zeros
    conv = calk_conv([window], to: output, zeros: zeros)
    count = filter.taps * filter.input * Int(conv.out_channels)
    parts = max(1, min(WeightGradient.mostParts, WeightGradient.partFloats / count))
    sums = memory.gradient(parts * count)
    let width = Int(window.length) + Int(conv.out_channels)
    rowsPerCall = min(max(WeightGradient.cacheFloats / width, 32), 512)
  }

  var scratch: ScratchSize { ScratchSize(pointers: rowsPerCall * conv.taps) }

  func clear(part: Int, _ pass: TrainingPass) {
    (pass.slot(sums) + part * count).update(repeating: 0, count: count)
  }

  /// Parts of the batch that `add(part:)` takes; nil: only `add` of the whole batch will do.
  var fixedParts: Int? { parts == WeightGradient.mostParts ? parts : nil }

  /// One part: these images' positions.
  func add(part: Int, _ images: Range<Int>, _ worker: Int, _ pass: TrainingPass) {
    let tiles = withUnsafePointer(to: conv) {
      Int(pass.kernels.pointee.weight_gradient_tiles($0))
    }
    let rows = images.lowerBound * output.positions..<images.upperBound * output.positions
    add(part, rows, tiles: 0..<tiles, worker, pass)
  }

  func add(_ pass: TrainingPass) {
    let tiles = withUnsafePointer(to: conv) {
      Int(pass.kernels.pointee.weight_gradient_tiles($0))
    }
    pass.crew.each(parts) { part, _ in clear(part: part, pass) }
    let groups = min(tiles, pieces(WeightGradient.mostParts, of: parts))
    let rows = pass.images * output.positions
    pass.crew.each(parts * groups) { item, worker in
      let part = item / groups
      add(
        part, share(rows, part, of: parts), tiles: share(tiles, item % groups, of: groups), worker,
        pass)
    }
  }

  private func add(
    _ part: Int, _ rows: Range<Int>, tiles: Range<Int>, _ worker: Int, _ pass: TrainingPass
  ) {
    withUnsafePointer(to: conv) { conv in
      var gradient = calk_weight_gradient(
        conv: conv, in: pass.slot(input), out_gradient: pass.slot(output.slot),
        gradient: pass.slot(sums) + part * count)
      for first in stride(from: rows.lowerBound, to: rows.upperBound, by: rowsPerCall) {
        let last = min(first + rowsPerCall, rows.upperBound)
        pass.kernels.pointee.weight_gradient(
          &gradient, Int32(first), Int32(last), Int32(tiles.lowerBound), Int32(tiles.upperBound),
          pass.scratch[worker].table)
      }
    }
  }

  /// Adds the sums of these input channels to the pass's gradients.
  func write(_ channels: Range<Int>, _ pass: TrainingPass) {
    let width = Int(conv.out_channels)
    let sums = pass.slot(sums)
    for tap in 0..<filter.taps {
      addUp(
        parts, from: sums + (tap * filter.input + channels.lowerBound) * width, step: count,
        length: channels.count * width)
    }
    for channel in channels {
      filter.add(
        sums + channel * width, step: filter.input * width, channel: channel, to: pass.gradients)
    }
  }

  private static let mostParts = 16
  private static let partFloats = 1 << 20
  /// Input and output gradient of a call should stay in the second-level cache.
  private static let cacheFloats = 96 * 1024
}
