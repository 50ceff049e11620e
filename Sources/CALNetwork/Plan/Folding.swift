import CKernels

/// A convolution with its BatchNorm folded in: y = scale * conv(x) + bias, per output channel.
struct FoldedConvolution {
  /// Of the weights.
  var name: String
  var weights: TensorValues
  var scale: [Float]
  var bias: [Float]
  var out: Int
  var input: Int
  var kernel: Int

  /// The same for the packing loops.
  func withFilter(_ body: (UnsafePointer<calk_filter>) -> Void) {
    weights.withBytes { weights in
      scale.withUnsafeBufferPointer { scale in
        var filter = calk_filter(
          out: out, in: input, kernel: kernel, weights: weights.baseAddress)
        filter.scale = scale.baseAddress
        body(&filter)
      }
    }
  }
}

extension calk_filter {
  /// Weights (out, in, kernel, kernel) as they stand.
  init(out: Int, in input: Int, kernel: Int, weights: UnsafeRawPointer?) {
    self.init()
    let taps = kernel * kernel
    self.weights = weights
    self.out = Int32(out)
    self.in = Int32(input)
    out_step = Int64(input * taps)
    in_step = Int64(taps)
    setTaps(Array(0..<taps))
  }

  /// Which places of a filter are its taps, in order.
  mutating func setTaps(_ places: [Int]) {
    taps = Int32(places.count)
    withUnsafeMutableBytes(of: &tap) { raw in
      let list = raw.bindMemory(to: Int32.self)
      for (i, place) in places.enumerated() { list[i] = Int32(place) }
    }
  }
}

/// Reads tensors by name and checks their lengths.
struct ParameterReader {
  private let parameters: [String: Parameter]

  init(_ spec: NetworkSpec) {
    var parameters: [String: Parameter] = [:]
    for parameter in spec.parameters { parameters[parameter.name] = parameter }
    self.parameters = parameters
  }

  func values(
    _ name: String, _ source: (Parameter) -> TensorValues
  ) throws(NetworkError) -> TensorValues {
    guard let parameter = parameters[name] else { throw .parameter(name) }
    let values = source(parameter)
    guard values.count == parameter.count else { throw .parameter(name) }
    return values
  }

  /// BatchNorm in evaluation mode as scale and shift; in double precision, rounded once.
  func norm(
    _ name: String, epsilon: Float, _ source: (Parameter) -> TensorValues
  ) throws(NetworkError) -> (scale: [Float], shift: [Float]) {
    let weight = try values(name + ".weight", source).array
    let bias = try values(name + ".bias", source).array
    let mean = try values(name + ".running_mean", source).array
    let variance = try values(name + ".running_var", source).array
    var scale: [Float] = []
    var shift: [Float] = []
    for c in weight.indices {
      let s = Double(weight[c]) / (Double(variance[c]) + Double(epsilon)).squareRoot()
      scale.append(Float(s))
      shift.append(Float(Double(bias[c]) - Double(mean[c]) * s))
    }
    return (scale, shift)
  }

  func convolution(
    _ name: String, norm normName: String, epsilon: Float, _ source: (Parameter) -> TensorValues
  ) throws(NetworkError) -> FoldedConvolution {
    guard let shape = parameters[name + ".weight"]?.shape else { throw .parameter(name) }
    let (scale, shift) = try norm(normName, epsilon: epsilon, source)
    return FoldedConvolution(
      name: name + ".weight",
      weights: try values(name + ".weight", source), scale: scale, bias: shift, out: shape[0],
      input: shape[1], kernel: shape[2])
  }
}
