/// The frequency gate (FFE) as the paper states it; see `NetworkSpec.FFE`.

extension FeatureMap {
  /// Un-normalised 2-D DCT-II of every channel:
  /// F[u, v] = 4 sum x[m, n] cos(pi (2m + 1) u / 2H) cos(pi (2n + 1) v / 2W).
  func cosineTransformed() -> FeatureMap { transformed(CosineBasis.forward) }

  /// Its inverse.
  func inverseCosineTransformed() -> FeatureMap { transformed(CosineBasis.inverse) }

  private func transformed(_ basis: (Int) -> [Float]) -> FeatureMap {
    let rows = basis(height)
    let columns = width == height ? rows : basis(width)
    var result = self
    for c in 0..<channels {
      let plane = Array(values[c * positions..<(c + 1) * positions])
      // R . plane . C^T
      let half = product(rows, plane, rows: height, inner: height, columns: width)
      let whole = product(
        half, columns, rows: height, inner: width, columns: width, transposeRight: true)
      result.values.replaceSubrange(c * positions..<(c + 1) * positions, with: whole)
    }
    return result
  }

  /// Average pooling with kernel and stride (height / grid, width / grid), as PyTorch's
  /// avg_pool2d does: what does not fill a window is left out. Not by way of `GateShape`, which this
  /// is to check.
  func averagePooled(grid: Int) -> FeatureMap {
    let kh = max(height / grid, 1)
    let kw = max(width / grid, 1)
    var result = FeatureMap(channels: channels, height: height / kh, width: width / kw)
    for c in 0..<channels {
      for y in 0..<result.height {
        for x in 0..<result.width {
          var sum: Float = 0
          for row in y * kh..<(y + 1) * kh {
            for column in x * kw..<(x + 1) * kw { sum += self[c, row, column] }
          }
          result[c, y, x] = sum / Float(kh * kw)
        }
      }
    }
    return result
  }

  /// Bilinear interpolation with half-pixel centres (PyTorch's align_corners = false).
  func resized(height h: Int, width w: Int) -> FeatureMap {
    if h == height, w == width { return self }
    let rows = BilinearTap.taps(from: height, to: h)
    let columns = BilinearTap.taps(from: width, to: w)
    var result = FeatureMap(channels: channels, height: h, width: w)
    for c in 0..<channels {
      for (y, r) in rows.enumerated() {
        for (x, k) in columns.enumerated() {
          let upper =
            self[c, r.first, k.first] * (1 - k.share) + self[c, r.first, k.second] * k.share
          let lower =
            self[c, r.second, k.first] * (1 - k.share) + self[c, r.second, k.second] * k.share
          result[c, y, x] = upper * (1 - r.share) + lower * r.share
        }
      }
    }
    return result
  }
}
