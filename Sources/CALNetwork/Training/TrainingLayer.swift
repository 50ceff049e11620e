/// A step of the network in training, forward and backward.
enum TrainingLayer {
  case gather(GatherLayer)
  case convolution(ConvolutionLayer)
  case norm(NormLayer)
  case maxPool(MaxPoolLayer)
  case frequency(FrequencyLayer, FrequencyGradient)
  case pool(PoolLayer)
  case dropout(DropoutLayer)
  case unitFeatures(UnitFeaturesLayer)
  case unitRows(UnitRowsLayer)

  func forward(_ pass: TrainingPass) {
    switch self {
    case .gather(let layer): layer.forward(pass)
    case .convolution(let layer): layer.forward(pass)
    case .norm(let layer): layer.forward(pass)
    case .maxPool(let layer): layer.forward(pass)
    case .frequency(let layer, _): layer.forward(pass)
    case .pool(let layer): layer.forward(pass)
    case .dropout(let layer): layer.forward(pass)
    case .unitFeatures(let layer): layer.forward(pass)
    case .unitRows(let layer): layer.forward(pass)
    }
  }

  func backward(_ pass: TrainingPass) {
    switch self {
    case .gather: break
    case .convolution(let layer): layer.backward(pass)
    case .norm(let layer): layer.backward(pass)
    case .maxPool(let layer): layer.backward(pass)
    case .frequency(_, let gradient): gradient.backward(pass)
    case .pool(let layer): layer.backward(pass)
    case .dropout(let layer): layer.backward(pass)
    case .unitFeatures(let layer): layer.backward(pass)
    case .unitRows(let layer): layer.backward(pass)
    }
  }

  var scratch: ScratchSize {
    switch self {
    case .convolution(let layer): layer.scratch
    case .unitRows(let layer): layer.scratch
    case .frequency(let layer, _): layer.scratch
    default: ScratchSize()
    }
  }

  /// Before the passes of a step.
  func pack(_ parameters: UnsafePointer<Float>) {
    switch self {
    case .convolution(let layer): layer.pack(parameters)
    case .unitRows(let layer): layer.pack(parameters)
    case .frequency(let layer, _): layer.pack(parameters)
    default: break
    }
  }
}
