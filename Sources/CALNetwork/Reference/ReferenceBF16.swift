import CKernels

/// A convolution with its norm, of bf16 numbers, as CKernels/include/bf16.h says it: rounded inputs
/// and weights, and products that are exact and added to the bias in order.
struct ReferenceBF16 {
  let weights: [Float]
  let bias: [Float]
  let kernel: Int

  init(_ convolution: FoldedConvolution) {
    let values = convolution.weights.array
    let perOutput = values.count / convolution.out
    weights = values.indices.map {
      ReferenceBF16.number(values[$0] * convolution.scale[$0 / perOutput])
    }
    bias = convolution.bias
    kernel = convolution.kernel
  }

  /// Of convolutions whose outputs are of one shape, with their strides.
  static func sum(_ terms: [(convolution: ReferenceBF16, input: FeatureMap, stride: Int)])
    -> FeatureMap
  {
    let (first, map, stride) = terms[0]
    var result = FeatureMap(
      channels: first.bias.count,
      height: convolved(map.height, kernel: first.kernel, stride: stride),
      width: convolved(map.width, kernel: first.kernel, stride: stride))
    let rounded = terms.map { $0.input.map(number) }
    for o in 0..<result.channels {
      let bias = terms.dropFirst().reduce(first.bias[o]) { $0 + $1.convolution.bias[o] }
      for y in 0..<result.height {
        for x in 0..<result.width {
          var sum = abs(bias) < least ? 0 : bias
          for (term, input) in zip(terms, rounded) {
            term.convolution.add(input, o, y * term.stride, x * term.stride, to: &sum)
          }
          result[o, y, x] = sum
        }
      }
    }
    return result
  }

  /// The products of output channel o around (y, x).
  private func add(_ input: FeatureMap, _ o: Int, _ y: Int, _ x: Int, to sum: inout Float) {
    let top = y - kernel / 2
    let left = x - kernel / 2
    for ky in max(-top, 0)..<max(min(kernel, input.height - top), 0) {
      for kx in max(-left, 0)..<max(min(kernel, input.width - left), 0) {
        for c in 0..<input.channels {
          let weight = weights[((o * input.channels + c) * kernel + ky) * kernel + kx]
          sum += weight * input[c, top + ky, left + kx]
        }
      }
    }
  }

  private static let least: Float = 0x1p-56

  /// The nearest number of eight binary places, ties to even; 0 for what is too small to matter.
  private static func number(_ value: Float) -> Float {
    guard value.isFinite else { return value }
    guard abs(value) >= least else { return 0 }
    // Floats have sixteen places more.
    let step = value.ulp * 0x1p16
    return (value / step).rounded(.toNearestOrEven) * step
  }
}
