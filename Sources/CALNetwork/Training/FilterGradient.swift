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

  func clear() {
    switch self {
    case .direct(let gradient): gradient.clear()
    case .winograd(let gradient): gradient.clear()
    }
  }

  /// Images of one part, by whichever worker has the part.
  func add(part: Int, _ images: Range<Int>, _ worker: Int, _ pass: TrainingPass) {
    switch self {
    case .direct(let gradient): gradient.add(part: part, images, worker, pass)
    case .winograd(let gradient): gradient.add(part: part, images, worker, pass)
    }
  }

  /// The whole batch, by all workers.
  func add(_ pass: TrainingPass) {
    switch self {
    case .direct(let gradient): gradient.add(pass)
    case .winograd(let gradient): gradient.add(pass)
    }
  }

  /// As (out, in, tap).
  func write(to gradient: UnsafeMutablePointer<Float>) {
    switch self {
    case .direct(let weights): weights.write(to: gradient)
    case .winograd(let weights): weights.write(to: gradient)
    }
  }
}
