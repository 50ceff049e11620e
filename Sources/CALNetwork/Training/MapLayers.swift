import CKernels

/// Planar pictures to padded, interleaved positions, for the stem.
struct GatherLayer {
  let size: Int
  let pad: Int
  /// Planar pictures, 3 x size x size each.
  let input: SlotID
  let output: SlotID

  func forward(_ pass: TrainingPass) {
    let count = GatherStep.count(size: size, pad: pad)
    let pitch = (size + 2 * pad) * 3
    pass.crew.each(pass.images) { image, _ in
      let from = UnsafePointer(pass.slot(input) + image * 3 * size * size)
      interleave(
        planes: (from, from + size * size, from + 2 * size * size), rows: 0..<size, size: size,
        stride: size, to: pass.slot(output) + image * count + pad * pitch + 3 * pad, pitch: pitch)
    }
  }
}

/// 3x3 max pooling of stride 2 over a batch.
struct MaxPoolLayer {
  let input: BatchMap
  let output: BatchMap
  let inputGradient: SlotID
  let outputGradient: SlotID

  private var channels: Int32 { Int32(roundUp(input.channels, to: Int(CALK_CHANNELS))) }

  func forward(_ pass: TrainingPass) {
    pass.crew.each(pass.images) { image, _ in
      pass.kernels.pointee.max_pool(
        pass.slot(input.slot) + image * input.positions * input.stride, Int32(input.side),
        Int32(input.side), channels, Int32(input.stride),
        pass.slot(output.slot) + image * output.positions * output.stride, Int32(output.side), 0,
        Int32(output.side))
    }
  }

  func backward(_ pass: TrainingPass) {
    let count = input.positions * input.stride
    pass.crew.each(pass.images) { image, _ in
      let to = pass.slot(inputGradient) + image * count
      to.update(repeating: 0, count: count)
      pass.kernels.pointee.max_pool_gradient(
        pass.slot(input.slot) + image * count, Int32(input.side), channels, Int32(input.stride),
        pass.slot(outputGradient) + image * output.positions * output.stride,
        Int32(output.side), to)
    }
  }
}

/// Gate and global average pooling: a map to one position per image.
struct PoolLayer {
  let input: BatchMap
  /// input.positions values per image; nil: no gate.
  let gate: SlotID?
  let output: BatchMap
  let inputGradient: SlotID
  let gateGradient: SlotID?
  /// Of the output.
  let gradient: SlotID

  private var channels: Int32 { Int32(roundUp(input.channels, to: Int(CALK_CHANNELS))) }

  func forward(_ pass: TrainingPass) {
    pass.crew.each(pass.images) { image, _ in
      pass.kernels.pointee.gated_mean(
        pass.slot(input.slot) + image * input.positions * input.stride, Int32(input.positions),
        Int32(input.stride), channels,
        gate.map { UnsafePointer(pass.slot($0) + image * input.positions) },
        pass.slot(output.slot) + image * output.stride)
    }
  }

  func backward(_ pass: TrainingPass) {
    pass.crew.each(pass.images) { image, _ in
      let at = image * input.positions * input.stride
      pass.kernels.pointee.gated_mean_gradient(
        pass.slot(input.slot) + at, Int32(input.positions), Int32(input.stride), channels,
        gate.map { UnsafePointer(pass.slot($0) + image * input.positions) },
        pass.slot(gradient) + image * output.stride, pass.slot(inputGradient) + at,
        gateGradient.map { pass.slot($0) + image * input.positions })
    }
  }
}

/// Multiplies every feature by a number of the caller's: dropout.
struct DropoutLayer {
  let input: BatchMap
  let output: BatchMap
  /// images x channels.
  let factors: SlotID
  let inputGradient: SlotID
  let outputGradient: SlotID

  func forward(_ pass: TrainingPass) {
    multiply(pass.slot(input.slot), pass.slot(output.slot), pass)
  }

  func backward(_ pass: TrainingPass) {
    multiply(pass.slot(outputGradient), pass.slot(inputGradient), pass)
  }

  private func multiply(
    _ from: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ pass: TrainingPass
  ) {
    let factors = pass.slot(factors)
    for image in 0..<pass.images {
      for c in 0..<input.channels {
        let at = image * input.stride + c
        to[at] = from[at] * factors[image * input.channels + c]
      }
    }
  }
}
