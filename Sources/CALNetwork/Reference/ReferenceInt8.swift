import CKernels

/// A convolution with its norm in whole numbers, as CKernels/include/int8.h says it: codes of the
/// input, codes of the weights, exact sums, and one multiplication and addition for each output.
struct ReferenceInt8 {
  let weights: [Int32]
  /// Outputs for a sum of 1, and of 0.
  let scale: [Float]
  let bias: [Float]
  let codes: Float
  let kernel: Int

  init(_ convolution: FoldedConvolution, range: Float) {
    let values = convolution.weights.array
    let perOutput = values.count / convolution.out
    var weights: [Int32] = []
    var scale: [Float] = []
    for o in 0..<convolution.out {
      let folded = values[o * perOutput..<(o + 1) * perOutput].map { $0 * convolution.scale[o] }
      let step = folded.reduce(0) { abs($1) > $0 ? abs($1) : $0 } / ReferenceInt8.mostWeight
      weights += folded.map { step == 0 ? 0 : ReferenceInt8.weightCode($0 / step) }
      scale.append(step * (range / Float(CALK_CODE_MAX)))
    }
    self.weights = weights
    self.scale = scale
    bias = convolution.bias
    codes = Float(CALK_CODE_MAX) / range
    kernel = convolution.kernel
  }

  func apply(_ input: FeatureMap, stride: Int) -> FeatureMap {
    let coded = input.values.map { ReferenceInt8.code($0 * codes) }
    var result = FeatureMap(
      channels: bias.count, height: convolved(input.height, kernel: kernel, stride: stride),
      width: convolved(input.width, kernel: kernel, stride: stride))
    for o in 0..<result.channels {
      for y in 0..<result.height {
        for x in 0..<result.width {
          let sum = sum(coded, input, o, y * stride - kernel / 2, x * stride - kernel / 2)
          result[o, y, x] = Float(sum) * scale[o] + bias[o]
        }
      }
    }
    return result
  }

  private static let mostWeight = Float(CALK_WEIGHT_MAX)

  /// What is not a number has the least code, here and below: no trap.
  private static func weightCode(_ x: Float) -> Int32 {
    let bounded = x > -mostWeight ? min(x, mostWeight) : -mostWeight
    return Int32(bounded.rounded(.toNearestOrEven))
  }

  private static func code(_ x: Float) -> Int32 {
    x > 0 ? Int32(min(x, Float(CALK_CODE_MAX)).rounded(.toNearestOrEven)) : 0
  }

  /// Of output channel o where the window begins at (top, left).
  private func sum(_ coded: [Int32], _ input: FeatureMap, _ o: Int, _ top: Int, _ left: Int)
    -> Int32
  {
    var sum: Int32 = 0
    for ky in max(-top, 0)..<max(min(kernel, input.height - top), 0) {
      for kx in max(-left, 0)..<max(min(kernel, input.width - left), 0) {
        for c in 0..<input.channels {
          let weight = weights[((o * input.channels + c) * kernel + ky) * kernel + kx]
          let place = (c * input.height + top + ky) * input.width + left + kx
          sum += weight * coded[place]
        }
      }
    }
    return sum
  }
}
