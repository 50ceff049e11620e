/// The layers of the network, each as its textbook says. Nothing here is fast on purpose but
/// the matrix product, which is the BLAS library's: an engine of other hands to check against.

extension FeatureMap {
  /// Cross-correlation with zero padding `kernel / 2`. `weight` is (out, in, kernel, kernel).
  func convolved(weight: [Float], out: Int, kernel: Int, stride: Int = 1) -> FeatureMap {
    let h = CALNetwork.convolved(height, kernel: kernel, stride: stride)
    let w = CALNetwork.convolved(width, kernel: kernel, stride: stride)
    let columns = patches(kernel: kernel, stride: stride, outHeight: h, outWidth: w)
    // (out x depth) . (depth x positions) -> (out x positions)
    let depth = channels * kernel * kernel
    let values = product(weight, columns, rows: out, inner: depth, columns: h * w)
    return FeatureMap(channels: out, height: h, width: w, values: values)
  }

  /// im2col: row (c, ky, kx), column (y, x).
  private func patches(kernel: Int, stride: Int, outHeight: Int, outWidth: Int) -> [Float] {
    var columns = [Float](repeating: 0, count: channels * kernel * kernel * outHeight * outWidth)
    var at = 0
    for c in 0..<channels {
      for ky in 0..<kernel {
        for kx in 0..<kernel {
          for y in 0..<outHeight {
            let row = y * stride + ky - kernel / 2
            for x in 0..<outWidth {
              let column = x * stride + kx - kernel / 2
              if row >= 0, row < height, column >= 0, column < width {
                columns[at] = self[c, row, column]
              }
              at += 1
            }
          }
        }
      }
    }
    return columns
  }

  func adding(bias: [Float]) -> FeatureMap {
    var result = self
    for i in result.values.indices { result.values[i] += bias[i / positions] }
    return result
  }

  /// BatchNorm in evaluation mode.
  func normalised(_ norm: ReferenceNorm) -> FeatureMap {
    var result = self
    for c in 0..<channels {
      for i in c * positions..<(c + 1) * positions {
        result.values[i] = norm.apply(values[i], channel: c)
      }
    }
    return result
  }

  func rectified() -> FeatureMap { map { max($0, 0) } }

  /// 3x3, stride 2, padding 1.
  func maxPooled() -> FeatureMap {
    let h = CALNetwork.maxPooled(height)
    let w = CALNetwork.maxPooled(width)
    var result = FeatureMap(channels: channels, height: h, width: w)
    for c in 0..<channels {
      for y in 0..<h {
        for x in 0..<w {
          var best = -Float.infinity
          for row in max(2 * y - 1, 0)...min(2 * y + 1, height - 1) {
            for column in max(2 * x - 1, 0)...min(2 * x + 1, width - 1) {
              let value = self[c, row, column]
              if value > best || value.isNaN { best = value }
            }
          }
          result[c, y, x] = best
        }
      }
    }
    return result
  }

  /// Global average pooling: one value per channel.
  func pooled() -> [Float] {
    (0..<channels).map { c in
      values[c * positions..<(c + 1) * positions].reduce(0, +) / Float(positions)
    }
  }

  /// The square roots of the mean of every channel, then those of the standard deviation.
  func statistics() -> [Float] {
    var (means, deviations) = ([Float](), [Float]())
    for c in 0..<channels {
      let channel = values[c * positions..<(c + 1) * positions].map(Double.init)
      let mean = channel.reduce(0, +) / Double(positions)
      let variance =
        channel.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(positions)
      means.append(Float(max(mean, 0).squareRoot()))
      deviations.append(Float(variance.squareRoot().squareRoot()))
    }
    return means + deviations
  }
}

/// BatchNorm's four vectors: (x - mean) / sqrt(variance + epsilon) * weight + bias.
struct ReferenceNorm {
  var weight: [Float]
  var bias: [Float]
  var mean: [Float]
  var variance: [Float]
  var epsilon: Float

  func apply(_ x: Float, channel c: Int) -> Float {
    (x - mean[c]) / (variance[c] + epsilon).squareRoot() * weight[c] + bias[c]
  }
}
