/// Values at `height` x `width` positions with `channels` each, planar as in PyTorch:
/// index (c * height + y) * width + x. The currency of the reference path.
struct FeatureMap: Equatable {
  var channels: Int
  var height: Int
  var width: Int
  var values: [Float]

  init(channels: Int, height: Int, width: Int, values: [Float]) {
    self.channels = channels
    self.height = height
    self.width = width
    self.values = values
  }

  init(channels: Int, height: Int, width: Int) {
    let zeros = [Float](repeating: 0, count: channels * height * width)
    self.init(channels: channels, height: height, width: width, values: zeros)
  }

  var positions: Int { height * width }

  subscript(c: Int, y: Int, x: Int) -> Float {
    get { values[(c * height + y) * width + x] }
    set { values[(c * height + y) * width + x] = newValue }
  }

  func map(_ transform: (Float) -> Float) -> FeatureMap {
    var result = self
    for i in result.values.indices { result.values[i] = transform(result.values[i]) }
    return result
  }

  /// Elementwise; `other` may have one channel, which then stands for all.
  func combined(with other: FeatureMap, _ transform: (Float, Float) -> Float) -> FeatureMap {
    var result = self
    let period = other.values.count
    for i in result.values.indices {
      result.values[i] = transform(values[i], other.values[i % period])
    }
    return result
  }

  /// The mean over channels, as one channel.
  func channelMean() -> FeatureMap {
    var result = FeatureMap(channels: 1, height: height, width: width)
    for c in 0..<channels {
      for i in 0..<positions { result.values[i] += values[c * positions + i] / Float(channels) }
    }
    return result
  }
}

extension FeatureMap {
  /// The values position by position, `channels` floats each.
  func positionMajor() -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(values.count)
    for i in 0..<positions {
      for c in 0..<channels { result.append(values[c * positions + i]) }
    }
    return result
  }
}
