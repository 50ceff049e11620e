import CKernels

/// One convolution of a batch on its fastest path, with weights that are packed anew for every
/// step of training.
final class ConvolutionPath {
  struct Shape {
    var window: calk_window
    var input: SlotID
    /// Channels of output and input.
    var out: Int
    var channels: Int
    var output: SlotID
    /// Columns and rows of the output, and floats from position to position.
    var columns: Int
    var rows: Int
    var stride: Int
    /// Adds to what stands in the output.
    var adds = false
    /// 3x3, stride 1, padding 1, over a map.
    var isSpatial = false
  }

  private enum Step {
    case direct(ConvolutionStep)
    case winograd(WinogradStep)
  }

  private let step: Step
  private let kernels: UnsafePointer<calk_kernels>
  /// Output positions of an image.
  private let positions: Int

  init(_ shape: Shape, _ setting: TrainingSetting) throws(NetworkError) {
    kernels = setting.kernels
    positions = shape.columns * shape.rows
    if let tile = shape.tile(images: setting.images) {
      step = .winograd(try shape.winograd(tile: tile, setting))
    } else {
      step = .direct(try shape.direct(setting))
    }
  }

  var scratch: ScratchSize {
    switch step {
    case .direct(let step): step.scratch
    case .winograd(let step): step.scratch
    }
  }

  /// Winograd's output tile; nil: the direct way.
  var tile: Int? {
    guard case .winograd(let step) = step else { return nil }
    return Int(step.shape.tile)
  }

  func pack(_ filter: calk_filter) {
    withUnsafePointer(to: filter) { filter in
      switch step {
      case .direct(let step):
        kernels.pointee.pack(
          Int64(step.shape.window.0.depth), 0, filter, 0, Int32(step.panels), step.weights.base)
      case .winograd(let step):
        kernels.pointee.winograd_pack(
          step.shape.tile, filter, 0, Int32(step.panels), step.weights.base)
      }
    }
  }

  /// Parts of a batch that are worth a worker's while: the weights are read for each.
  func parts(_ images: Int) -> Int {
    let least = tile == nil ? ConvolutionPath.leastRows : ConvolutionPath.leastTiles
    let perImage = tile.map { Int(positions) / ($0 * $0) } ?? positions
    return max(images * max(perImage, 1) / max(least, perImage), 1)
  }

  func run(_ images: Range<Int>, _ worker: Int, _ pass: TrainingPass) {
    switch step {
    case .direct(let step):
      step.run(
        rows: images.lowerBound * positions..<images.upperBound * positions, pass.work(worker))
    case .winograd(let step): step.run(images: images, pass.work(worker))
    }
  }

  private static let leastRows = 240
  private static let leastTiles = 32
}

extension ConvolutionPath.Shape {
  fileprivate func tile(images: Int) -> Int? {
    guard isSpatial else { return nil }
    return Winograd.tile(side: columns, input: channels, output: out, images: images)
  }

  private var residual: SlotID? { adds ? output : nil }

  /// Packed weights, and behind them a bias of zeros.
  private func memory(weights: Int) throws(NetworkError) -> FloatMemory {
    let padded = roundUp(out, to: Int(CALK_CHANNELS))
    guard let memory = FloatMemory(count: weights + padded) else { throw .memory }
    return memory
  }

  fileprivate func direct(_ setting: TrainingSetting) throws(NetworkError) -> ConvolutionStep {
    var conv = calk_conv(
      [window], columns: columns, rows: rows, channels: out, stride: stride, zeros: setting.zeros)
    let count = window.depth * Int(conv.out_channels)
    let memory = try memory(weights: count)
    conv.weights = UnsafePointer(memory.base)
    conv.bias = UnsafePointer(memory.base + count)
    return ConvolutionStep(
      shape: conv, inputs: (input, nil), residual: residual, output: output,
      rows: columns * rows * setting.images,
      panels: panels(of: out, width: setting.kernels.pointee.panel), weights: memory)
  }

  fileprivate func winograd(
    tile: Int, _ setting: TrainingSetting
  ) throws(NetworkError) -> WinogradStep {
    var shape = calk_winograd(
      tile: tile, images: setting.images, side: columns,
      from: (channels, Int(window.pixel_stride)), to: (out, stride), zeros: setting.zeros)
    let memory = try memory(weights: shape.weightCount)
    shape.weights = UnsafePointer(memory.base)
    shape.bias = UnsafePointer(memory.base + shape.weightCount)
    return WinogradStep(
      shape: shape, input: input, residual: residual, output: output, transformed: nil,
      panelWidth: setting.kernels.pointee.panel, weights: memory)
  }
}

/// What all layers of a network in training are made for.
struct TrainingSetting {
  let kernels: UnsafePointer<calk_kernels>
  /// The largest batch.
  let images: Int
  /// As many zeros as the longest run that a tap reads.
  let zeros: FloatMemory
}
