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
  private let panels: Int
  /// Output positions of an image, and floats that one reads.
  private let positions: Int
  private let depth: Int
  private let memory: FloatMemory
  let scratch: ScratchSize

  init(_ shape: Shape, _ setting: TrainingSetting) throws(NetworkError) {
    kernels = setting.kernels
    let panel = Int(kernels.pointee.panel)
    positions = shape.columns * shape.rows
    depth = Int(shape.window.kernel_h * shape.window.kernel_w * shape.window.length)
    let tile =
      shape.isSpatial
      ? Winograd.tile(
        side: shape.columns, input: shape.channels, output: shape.out, images: setting.images)
      : nil
    let padded = roundUp(shape.out, to: Int(CALK_CHANNELS))
    let inPadded = roundUp(shape.channels, to: Int(CALK_CHANNELS))
    let count =
      tile.map { Int(calk_winograd_points(Int32($0))) * inPadded * padded } ?? depth * padded
    guard let memory = FloatMemory(count: count + padded) else { throw .memory }
    self.memory = memory
    panels = (padded + panel - 1) / panel
    if let tile {
      let made = WinogradStep(
        shape: shape.winograd(tile: tile, memory, bias: count, setting), input: shape.input,
        residual: shape.adds ? shape.output : nil, output: shape.output, transformed: nil,
        panels: panels, panelWidth: panel, weights: memory)
      scratch = made.scratch
      step = .winograd(made)
    } else {
      let made = ConvolutionStep(
        shape: shape.direct(memory, bias: count, setting), inputs: (shape.input, nil),
        residual: shape.adds ? shape.output : nil, output: shape.output,
        rows: positions * setting.images, panels: panels, weights: memory)
      scratch = made.scratch
      step = .direct(made)
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
      case .direct:
        kernels.pointee.pack(Int64(depth), 0, filter, 0, Int32(panels), memory.base)
      case .winograd(let step):
        kernels.pointee.winograd_pack(step.shape.tile, filter, 0, Int32(panels), memory.base)
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
  fileprivate func direct(_ weights: FloatMemory, bias: Int, _ setting: TrainingSetting)
    -> calk_conv
  {
    var conv = calk_conv()
    conv.windows = 1
    conv.window.0 = window
    conv.out_width = Int32(columns)
    conv.out_rows = Int32(columns * rows)
    conv.out_stride = Int32(stride)
    conv.out_channels = Int32(roundUp(out, to: Int(CALK_CHANNELS)))
    conv.weights = UnsafePointer(weights.base)
    conv.bias = UnsafePointer(weights.base + bias)
    conv.zeros = UnsafePointer(setting.zeros.base)
    return conv
  }

  fileprivate func winograd(
    tile: Int, _ weights: FloatMemory, bias: Int, _ setting: TrainingSetting
  ) -> calk_winograd {
    var shape = calk_winograd()
    shape.tile = Int32(tile)
    shape.images = Int32(setting.images)
    shape.height = Int32(rows)
    shape.width = Int32(columns)
    shape.in_stride = window.pixel_stride
    shape.in_channels = Int32(roundUp(channels, to: Int(CALK_CHANNELS)))
    shape.out_stride = Int32(stride)
    shape.out_channels = Int32(roundUp(out, to: Int(CALK_CHANNELS)))
    shape.weights = UnsafePointer(weights.base)
    shape.bias = UnsafePointer(weights.base + bias)
    shape.zeros = UnsafePointer(setting.zeros.base)
    return shape
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
