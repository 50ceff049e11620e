import Foundation

@testable import CALNetwork

/// The network in training mode in double precision, layer by layer as a textbook has it: what
/// gradients are measured on by differences.
struct TrainingReference {
  let spec: NetworkSpec
  let layout: ParameterLayout
  var parameters: [Double]

  /// channels x side x side values per image.
  struct Batch {
    var channels: Int
    var side: Int
    var images: [[Double]]

    func map(_ body: ([Double]) -> [Double]) -> Batch {
      Batch(channels: channels, side: side, images: images.map(body))
    }
  }

  subscript(name: String) -> ArraySlice<Double> {
    let entry = layout.entries.first { $0.parameter.name == name }!
    return parameters[entry.range]
  }

  /// images x prototypes.
  func logits(_ inputs: [[Double]], dropout: [Double]) -> [Double] {
    let pictures = Batch(channels: 3, side: spec.inputSize, images: inputs)
    var map = backbone(pictures)
    if let ffe = spec.ffe {
      let gates = inputs.map { gate($0, ffe, side: map.side) }
      for i in map.images.indices {
        for j in map.images[i].indices { map.images[i][j] *= gates[i][j % gates[i].count] }
      }
    }
    let positions = map.side * map.side
    var features = Batch(channels: map.channels, side: 1, images: [])
    for image in map.images {
      features.images.append(
        (0..<map.channels).map { c in
          image[c * positions..<(c + 1) * positions].reduce(0, +) / Double(positions)
        })
    }
    if let epsilon = spec.neck.epsilon {
      features = normed(features, "neck", epsilon: Double(epsilon))
    }
    let rows = Array(self[ParameterLayout.prototypesName])
    let width = map.channels
    return features.images.enumerated().flatMap { i, image in
      let dropped = (0..<width).map { image[$0] * (dropout.isEmpty ? 1 : dropout[i * width + $0]) }
      return (0..<rows.count / width).map { k in
        let row = Array(rows[k * width..<(k + 1) * width])
        guard spec.neck.isUnit else { return product(dropped, row) }
        // The cosine, at the temperature 0.1.
        let lengths = (product(dropped, dropped) * product(row, row)).squareRoot()
        return lengths == 0 ? 0 : product(dropped, row) / lengths / 0.1
      }
    }
  }

  private func product(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func backbone(_ pictures: Batch) -> Batch {
    let eps = Double(spec.normEpsilon)
    let stem = spec.stem
    var map = rectified(
      normed(
        convolved(pictures, "backbone.conv1", stem.channels, stem.kernel, stem.stride),
        "backbone.bn1", epsilon: eps))
    if stem.maxPool { map = maxPooled(map) }
    for (s, stage) in spec.stages.enumerated() {
      for b in 0..<stage.blocks {
        map = block(
          map, stage, "backbone.layer\(s + 1).\(b)", b == 0 ? stage.stride : 1,
          spec.projects(stage: s, block: b))
      }
    }
    return map
  }

  private func block(
    _ input: Batch, _ stage: NetworkSpec.Stage, _ prefix: String, _ stride: Int, _ projects: Bool
  ) -> Batch {
    let eps = Double(spec.normEpsilon)
    func layer(_ x: Batch, _ i: Int, _ out: Int, _ kernel: Int, _ stride: Int) -> Batch {
      normed(
        convolved(x, "\(prefix).conv\(i)", out, kernel, stride), "\(prefix).bn\(i)", epsilon: eps)
    }
    let body: Batch
    if spec.block == .basic {
      body = layer(
        rectified(layer(input, 1, stage.innerChannels, 3, stride)), 2, stage.outChannels, 3, 1)
    } else {
      let a = rectified(layer(input, 1, stage.innerChannels, 1, 1))
      let b = rectified(layer(a, 2, stage.innerChannels, 3, stride))
      body = layer(b, 3, stage.outChannels, 1, 1)
    }
    let shortcut =
      projects
      ? normed(
        convolved(input, prefix + ".downsample.0", stage.outChannels, 1, stride),
        prefix + ".downsample.1", epsilon: eps) : input
    var sum = body
    for i in sum.images.indices {
      for j in sum.images[i].indices { sum.images[i][j] += shortcut.images[i][j] }
    }
    return rectified(sum)
  }

  private func rectified(_ x: Batch) -> Batch { x.map { $0.map { max($0, 0) } } }

  private func convolved(_ x: Batch, _ name: String, _ out: Int, _ kernel: Int, _ stride: Int)
    -> Batch
  {
    let weights = Array(self[name + ".weight"])
    let images = x.images.map {
      planes($0, x.channels, x.side, weights, out: out, kernel: kernel, stride: stride)
    }
    let side = CALNetwork.convolved(x.side, kernel: kernel, stride: stride)
    return Batch(channels: out, side: side, images: images)
  }

  private func planes(
    _ x: [Double], _ channels: Int, _ side: Int, _ w: [Double], out: Int, kernel: Int, stride: Int
  ) -> [Double] {
    let target = CALNetwork.convolved(side, kernel: kernel, stride: stride)
    var y = [Double](repeating: 0, count: out * target * target)
    x.withUnsafeBufferPointer { x in
      w.withUnsafeBufferPointer { w in
        for o in 0..<out {
          for c in 0..<channels {
            for ky in 0..<kernel {
              for kx in 0..<kernel {
                let weight = w[((o * channels + c) * kernel + ky) * kernel + kx]
                for i in 0..<target {
                  let row = i * stride + ky - kernel / 2
                  if row < 0 || row >= side { continue }
                  for j in 0..<target {
                    let column = j * stride + kx - kernel / 2
                    if column < 0 || column >= side { continue }
                    y[(o * target + i) * target + j] += weight * x[(c * side + row) * side + column]
                  }
                }
              }
            }
          }
        }
      }
    }
    return y
  }

  private func normed(_ x: Batch, _ name: String, epsilon: Double) -> Batch {
    let weight = Array(self[name + ".weight"])
    let bias = Array(self[name + ".bias"])
    let positions = x.side * x.side
    var result = x
    for c in 0..<x.channels {
      let range = c * positions..<(c + 1) * positions
      let n = Double(x.images.count * positions)
      let mean = x.images.reduce(0) { $0 + $1[range].reduce(0, +) } / n
      var variance = 0.0
      for image in x.images {
        for j in range { variance += (image[j] - mean) * (image[j] - mean) / n }
      }
      let scale = weight[c] / (variance + epsilon).squareRoot()
      for i in x.images.indices {
        for j in range { result.images[i][j] = (x.images[i][j] - mean) * scale + bias[c] }
      }
    }
    return result
  }

  private func maxPooled(_ x: Batch) -> Batch {
    let side = CALNetwork.convolved(x.side, kernel: 3, stride: 2)
    let images = x.images.map { image in
      var y: [Double] = []
      for c in 0..<x.channels {
        for i in 0..<side {
          for j in 0..<side {
            var best = -Double.infinity
            for row in max(2 * i - 1, 0)...min(2 * i + 1, x.side - 1) {
              for column in max(2 * j - 1, 0)...min(2 * j + 1, x.side - 1) {
                best = max(best, image[(c * x.side + row) * x.side + column])
              }
            }
            y.append(best)
          }
        }
      }
      return y
    }
    return Batch(channels: x.channels, side: side, images: images)
  }

  /// side x side values.
  private func gate(_ picture: [Double], _ ffe: NetworkSpec.FFE, side: Int) -> [Double] {
    let n = spec.inputSize
    let spectrum: [Double] = (0..<3).flatMap { plane -> [Double] in
      transformed(Array(picture[plane * n * n..<(plane + 1) * n * n]), forward)
    }
    let masked = mask(spectrum, ffe, n)
    let soft: [Double] = transformed(masked, inverse).map { 1 / (1 + exp(-$0)) }
    let kernel = max(n / ffe.grid, 1)
    let grid = n / kernel
    var pooled = [Double](repeating: 0, count: grid * grid)
    for y in 0..<grid * kernel {
      for x in 0..<grid * kernel {
        pooled[y / kernel * grid + x / kernel] += soft[y * n + x] / Double(kernel * kernel)
      }
    }
    return resized(pooled, grid, BilinearTap.taps(from: grid, to: side))
  }

  /// The masked spectrum's mean over colours.
  private func mask(_ spectrum: [Double], _ ffe: NetworkSpec.FFE, _ n: Int) -> [Double] {
    let weights = Array(self["ffe.0.weight"])
    let bias = Array(self["ffe.0.bias"])
    var hidden = planes(spectrum, 3, n, weights, out: ffe.hiddenChannels, kernel: 3, stride: 1)
    for i in hidden.indices { hidden[i] = max(hidden[i] + bias[i / (n * n)], 0) }
    let last = Array(self["ffe.2.weight"])
    let shift = self["ffe.2.bias"].first!
    var masked = planes(hidden, ffe.hiddenChannels, n, last, out: 1, kernel: 3, stride: 1)
    for i in masked.indices {
      let sum = spectrum[i] + spectrum[n * n + i] + spectrum[2 * n * n + i]
      masked[i] = sum / 3 / (1 + exp(-masked[i] - shift))
    }
    return masked
  }

  private func resized(_ x: [Double], _ grid: Int, _ taps: [BilinearTap]) -> [Double] {
    var result: [Double] = []
    for row in taps {
      let below = Double(row.share)
      for column in taps {
        let right = Double(column.share)
        let upper =
          x[row.first * grid + column.first] * (1 - right)
          + x[row.first * grid + column.second] * right
        let lower =
          x[row.second * grid + column.first] * (1 - right)
          + x[row.second * grid + column.second] * right
        result.append(upper * (1 - below) + lower * below)
      }
    }
    return result
  }

  private func forward(_ k: Int, _ i: Int, _ n: Int) -> Double {
    2 * cos(Double.pi * Double((2 * i + 1) * k) / Double(2 * n))
  }

  private func inverse(_ i: Int, _ k: Int, _ n: Int) -> Double {
    (k == 0 ? 0.5 : cos(Double.pi * Double((2 * i + 1) * k) / Double(2 * n))) / Double(n)
  }

  /// M . x . M^T
  private func transformed(_ x: [Double], _ matrix: (Int, Int, Int) -> Double) -> [Double] {
    let n = spec.inputSize
    let m = (0..<n * n).map { matrix($0 / n, $0 % n, n) }
    let half = product(m, x, n) { k, j in k * n + j }
    return product(half, m, n) { k, j in j * n + k }
  }

  /// a . b with b's entry (k, j) at `place`.
  private func product(
    _ a: [Double], _ b: [Double], _ n: Int, _ place: (Int, Int) -> Int
  ) -> [Double] {
    var result: [Double] = []
    for i in 0..<n {
      for j in 0..<n {
        var sum = 0.0
        for k in 0..<n { sum += a[i * n + k] * b[place(k, j)] }
        result.append(sum)
      }
    }
    return result
  }
}
