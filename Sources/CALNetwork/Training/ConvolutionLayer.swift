import CKernels

/// A convolution without bias over a batch, and its gradients, with the halves of the BatchNorms
/// around it that need no other image: a part of the batch goes through all of them while it is
/// in cache.
final class ConvolutionLayer {
  /// What it reads: a map, or padded, interleaved pictures.
  enum Input {
    case map(Map, gradient: InputGradient?)
    case gathered(GatherStep)
  }

  /// Where the gradient of the input goes.
  struct InputGradient {
    var slot: SlotID
    /// Whether another layer puts its share there before.
    var adds: Bool
  }

  struct Filter {
    var out: Int
    var input: Int
    var kernel: Int
    var stride = 1
    /// Where its weights (out, input, kernel, kernel) stand among the parameters.
    var start: Int

    var taps: Int { kernel * kernel }
  }

  private let filter: Filter
  private let path: ConvolutionPath
  private let weights: FilterGradient
  private let transposed: TransposedConvolution?
  /// The norm whose output is this layer's input, which comes first to read it.
  private let before: NormLayer?
  /// The norm of this layer's output.
  private var after: NormLayer?

  init(
    _ filter: Filter, from input: Input, before: NormLayer?, to output: Map,
    _ setting: TrainingSetting,
    _ memory: inout TrainingMemoryBuilder
  ) throws(NetworkError) {
    self.filter = filter
    self.before = before
    let (slot, window) = input.window(filter)
    var shape = ConvolutionPath.Shape(
      window: window, input: slot, out: filter.out, channels: filter.input, output: output.slot,
      columns: output.side, rows: output.side, stride: output.stride)
    if case .map = input { shape.isSpatial = filter.kernel == 3 && filter.stride == 1 }
    path = try ConvolutionPath(shape, setting)
    if let tile = path.tile, output.side >= WinogradGradient.leastSide,
      case .map(let map, _) = input
    {
      weights = .winograd(
        WinogradGradient(filter, tile: tile, from: map, to: output, setting, &memory))
    } else {
      weights = .direct(
        WeightGradient(filter, window, from: slot, to: output, setting, &memory))
    }
    if case .map(let map, let gradient?) = input {
      transposed = try TransposedConvolution(
        filter, from: output, to: map, gradient, setting, &memory)
    } else {
      transposed = nil
    }
  }

  var scratch: ScratchSize {
    var size = path.scratch
    size.grow(to: weights.scratch)
    if let transposed { size.grow(to: transposed.scratch) }
    return size
  }

  /// To be called when the parameters have changed, before the passes of a step.
  func pack(_ parameters: UnsafePointer<Float>) {
    let weights = parameters + filter.start
    path.pack(
      calk_filter(out: filter.out, in: filter.input, kernel: filter.kernel, weights: weights))
    transposed?.pack(weights)
  }

  /// The norm of the output, which this layer's passes begin and end from now on.
  func attach(_ norm: NormLayer) { after = norm }

  func forward(_ pass: TrainingPass) {
    pass.each(path.parts(pass.images)) { _, images, worker in
      before?.apply(images, pass)
      path.run(images, worker, pass)
      after?.addUp(images, pass)
    }
  }

  /// The output's values have been replaced by their gradient, or the norm of the output is to do
  /// that now.
  func backward(_ pass: TrainingPass) {
    defer { weights.write(filter, pass) }
    guard let parts = weights.fixedParts else {
      pass.each(transposed?.parts(pass.images) ?? pass.images) { _, images, worker in
        after?.applyGradient(images, pass)
        before?.restore(images, pass)
        transposed?.run(images, worker, pass)
        before?.addUpGradient(images, pass)
      }
      return weights.add(pass)
    }
    pass.each(parts) { part, images, worker in
      weights.clear(part: part, pass)
      for image in images {
        let alone = image..<image + 1
        after?.applyGradient(alone, pass)
        before?.restore(alone, pass)
        weights.add(part: part, alone, worker, pass)
        transposed?.run(alone, worker, pass)
        before?.addUpGradient(alone, pass)
      }
    }
  }
}

extension ConvolutionLayer.Input {
  fileprivate func window(_ filter: ConvolutionLayer.Filter) -> (SlotID, calk_window) {
    switch self {
    case .map(let map, _):
      (map.slot, map.window(kernel: filter.kernel, step: filter.stride))
    case .gathered(let step):
      (step.output, step.picture.window(step: filter.stride))
    }
  }
}
