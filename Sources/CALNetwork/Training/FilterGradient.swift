import CKernels

/// The gradient of a convolution's weights, the faster way.
enum FilterGradient {
  case direct(WeightGradient)
  case winograd(WinogradGradient)

  var scratch: ScratchSize {
    switch self {
    case .direct(let gradient): gradient.scratch
    case .winograd(let gradient): gradient.scratch
    }
  }

  /// Parts of the batch that `add(part:)` takes; nil: only `add` of the whole batch will do.
  var fixedParts: Int? {
    switch self {
    case .direct(let gradient): gradient.fixedParts
    case .winograd(let gradient): gradient.fixedParts
    }
  }

  /// Begins a part.
  func clear(part: Int, _ pass: TrainingPass) {
    switch self {
    case .direct(let gradient): gradient.clear(part: part, pass)
    case .winograd(let gradient): gradient.clear(part: part, pass)
    }
  }

  /// Images of one part, by whichever worker has the part.
  func add(part: Int, _ images: Range<Int>, _ worker: Int, _ pass: TrainingPass) {
    switch self {
    case .direct(let gradient): gradient.add(part: part, images, worker, pass)
    case .winograd(let gradient): gradient.add(part: part, images, worker, pass)
    }
  }

  /// The whole batch from the beginning, by all workers.
  func add(_ pass: TrainingPass) {
    switch self {
    case .direct(let gradient): gradient.add(pass)
    case .winograd(let gradient): gradient.add(pass)
    }
  }

  /// Adds what has come together to the pass's gradients.
  func write(_ filter: ConvolutionLayer.Filter, _ pass: TrainingPass) {
    let run = FilterGradient.channelsPerItem
    pass.crew.each(pieces(filter.input, of: run)) { item, worker in
      let channels = item * run..<min((item + 1) * run, filter.input)
      switch self {
      case .direct(let gradient): gradient.write(channels, pass)
      case .winograd(let gradient): gradient.write(channels, worker, pass)
      }
    }
  }

  /// Neighbouring channels share cache lines of the gradients.
  private static let channelsPerItem = 32
}

extension ConvolutionLayer.Filter {
  /// Adds the gradients of an input channel's weights to their places: those of a tap stand together,
  /// `step` floats from tap to tap.
  func add(
    _ slopes: UnsafePointer<Float>, step: Int, channel: Int,
    to gradients: UnsafeMutablePointer<Float>
  ) {
    for o in 0..<out {
      let to = gradients + start + (o * input + channel) * taps
      for t in 0..<taps { to[t] += slopes[t * step + o] }
    }
  }
}

/// Adds parts 1 to parts - 1 to the first, in order; they stand `step` floats apart.
func addUp(_ parts: Int, from first: UnsafeMutablePointer<Float>, step: Int, length: Int) {
  for part in 1..<max(parts, 1) {
    let other = first + part * step
    for i in 0..<length { first[i] += other[i] }
  }
}
