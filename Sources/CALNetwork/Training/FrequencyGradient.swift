import CKernels

/// The gradients of the frequency gate's tensors: each image has sums of its own, which are
/// added up in the images' order.
final class FrequencyGradient {
  private let layer: FrequencyLayer
  private let sums: FloatMemory
  private let zeros: FloatMemory
  private let padded: Int
  /// 1 / (2 size), and half of that for the constant: the inverse transform's transpose is the
  /// forward transform with its rows scaled by these.
  private let transposeScale: [Float]

  init(_ layer: FrequencyLayer, _ setting: TrainingSetting) throws(NetworkError) {
    self.layer = layer
    padded = layer.map.padded
    guard let sums = FloatMemory(count: setting.images * (37 * padded + 16)),
      let zeros = FloatMemory(count: padded)
    else { throw .memory }
    self.sums = sums
    self.zeros = zeros
    let unit = 1 / (2 * Float(layer.size))
    transposeScale = [unit / 2] + [Float](repeating: unit, count: layer.size - 1)
  }

  private var count: Int { 37 * padded + 16 }

  func backward(_ pass: TrainingPass) {
    pass.crew.each(pass.images) { image, worker in
      let room = FrequencyRoom(layer, pass.scratch[worker])
      let sum = sums.base + image * count
      sum.update(repeating: 0, count: count)
      findLogitGradient(image, room, pass)
      addUp(image, sum, room, pass)
    }
    for image in 0..<pass.images { write(sums.base + image * count, pass) }
  }

  /// Into plane 2, one float a position without gaps.
  private func findLogitGradient(_ image: Int, _ room: FrequencyRoom, _ pass: TrainingPass) {
    let size = layer.size
    let pixels = image * size * size
    let stride = room.rowStride
    let picture = pass.slot(layer.slots.picture) + pixels
    let plane = room.plane(0)
    layer.shape.gradient(
      of: pass.slot(layer.slots.gateGradient) + image * layer.shape.positions
    ) { y, x, gradient in
      let value = picture[y * size + x]
      plane[y * stride + x] = gradient * value * (1 - value)
    }
    room.transform(
      plane, stride: stride, to: room.plane(1), via: room.plane(3), inverse: false, pass.kernels)
    let mask = pass.slot(layer.slots.mask) + pixels
    for y in 0..<size {
      for x in 0..<size {
        let masked = room.plane(1)[y * stride + x] * transposeScale[y] * transposeScale[x]
        let m = mask[y * size + x]
        room.plane(2)[y * size + x] =
          masked * layer.meanSpectrum(image, y, x, pass) * m * (1 - m)
      }
    }
  }

  /// weight1 (27 x padded), weight2 (9 x padded), bias1 (padded), bias2.
  private func addUp(
    _ image: Int, _ sum: UnsafeMutablePointer<Float>, _ room: FrequencyRoom, _ pass: TrainingPass
  ) {
    let map = layer.map
    let values = pass.slot(map.slot) + image * map.count
    let spectrum = pass.slot(layer.slots.spectrum) + image * layer.picture.count
    let logits = room.plane(2)
    var total = 0.0
    for i in 0..<map.positions { total += Double(logits[i]) }
    sum[37 * padded] = Float(total)

    layer.filters.addSecond(values, logits, to: sum + 27 * padded, room)
    layer.filters.back(logits, room.map, room)
    var sums = [Double](repeating: 0, count: 2 * padded)
    var rows = calk_norm_rows(
      rows: Int32(map.positions), stride: Int32(map.stride), channels: Int32(padded))
    sums.withUnsafeMutableBufferPointer { sums in
      guard let base = sums.baseAddress else { return }
      pass.kernels.pointee.norm_gradient_sums(
        &rows, values, zeros.base, values, room.map, base, base + padded)
    }
    for c in 0..<padded { sum[36 * padded + c] = Float(sums[c]) }
    layer.filters.addFirst(spectrum, room.map, to: sum, room)
  }

  private func write(_ sum: UnsafePointer<Float>, _ pass: TrainingPass) {
    let gradients = pass.gradients
    let places = layer.places
    for o in 0..<layer.hidden {
      for c in 0..<3 {
        for t in 0..<9 {
          gradients[places.weight1 + (o * 3 + c) * 9 + t] += sum[(t * 3 + c) * padded + o]
        }
      }
      for t in 0..<9 {
        gradients[places.weight2 + o * 9 + t] += sum[(27 + 8 - t) * padded + o]
      }
      gradients[places.bias1 + o] += sum[36 * padded + o]
    }
    gradients[places.bias2] += sum[37 * padded]
  }
}
