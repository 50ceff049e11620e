import CALLearning
import CALNetwork

/// Starting values, as torchvision's residual networks and the published head have them.
enum Initialiser {
  static func parameters(
    _ spec: NetworkSpec, _ layout: ParameterLayout, seed: UInt64
  ) -> [Float] {
    var values = [Float](repeating: 0, count: layout.count)
    for (i, entry) in layout.entries.enumerated() {
      var random = Random(seed: seed, purpose: .weights, epoch: 0, index: UInt32(i))
      for place in entry.range { values[place] = value(entry.parameter, spec, &random) }
      if entry.parameter.name == ParameterLayout.prototypesName {
        values.replaceSubrange(entry.range, with: spec.firstRows(Array(values[entry.range])))
      }
    }
    return values
  }

  private static func value(
    _ parameter: Parameter, _ spec: NetworkSpec, _ random: inout Random
  ) -> Float {
    let name = parameter.name
    if name == ParameterLayout.prototypesName { return Float(0.001 * random.normal()) }
    if name.hasPrefix("ffe."), let ffe = spec.ffe { return frequency(parameter, ffe, &random) }
    guard parameter.shape.count == 4 else {
      // BatchNorm: weight and variance 1, bias and mean 0.
      return name.hasSuffix(".weight") || parameter.role == .variance ? 1 : 0
    }
    // Normal with the variance 2 / fan out (K. He et al., ICCV 2015).
    let fanOut = parameter.shape[0] * parameter.shape[2] * parameter.shape[3]
    return Float((2 / Double(fanOut)).squareRoot() * random.normal())
  }

  /// PyTorch's start of a convolution: uniform in +- 1 / sqrt(fan in), bias and weights alike.
  private static func frequency(
    _ parameter: Parameter, _ ffe: NetworkSpec.FFE, _ random: inout Random
  ) -> Float {
    let channels = parameter.name.hasPrefix("ffe.0.") ? 3 : ffe.hiddenChannels
    let bound = 1 / Double(9 * channels).squareRoot()
    return Float(random.double(in: -bound...bound))
  }
}
