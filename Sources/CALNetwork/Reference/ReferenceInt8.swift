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
      let step = ReferenceInt8.step(folded, taps: convolution.kernel * convolution.kernel)
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

  /// Such that no four products overflow 16 bits. `weights`: of one output.
  private static func step(_ weights: [Float], taps: Int) -> Float {
    var most: Float = 0
    for tap in 0..<taps {
      for first in stride(from: 0, to: weights.count / taps, by: Int(CALK_INT8_DEPTH)) {
        for four in [[0, 1, 4, 5], [2, 3, 6, 7]] {
          let places = four.map { (first + $0) * taps + tap }
          let values = places.filter { $0 < weights.count }.map { weights[$0] }
          let above = values.reduce(0) { $1 > 0 ? $0 + $1 : $0 }
          let below = values.reduce(0) { $1 < 0 ? $0 - $1 : $0 }
          let size = above > below ? above : below
          if size > most { most = size }
        }
      }
    }
    return most / Float(CALK_FOUR_MAX - 2)
  }

  /// What is not a number has the code 0, here and below: no trap.
  private static func weightCode(_ x: Float) -> Int32 {
    let bound = Float(CALK_FOUR_MAX)
    return x > -bound && x < bound ? Int32(x.rounded(.toNearestOrEven)) : 0
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
