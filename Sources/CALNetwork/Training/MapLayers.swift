import CKernels

/// Planar pictures to padded, interleaved positions, for the stem.
struct GatherLayer {
  let step: GatherStep

  func forward(_ pass: TrainingPass) {
    pass.crew.each(pass.images) { image, worker in step.run(image: image, pass.work(worker)) }
  }
}

/// 3x3 max pooling of stride 2 over a batch.
struct MaxPoolLayer {
  let step: MaxPoolStep
  let inputGradient: SlotID
  let outputGradient: SlotID

  func forward(_ pass: TrainingPass) {
    pass.crew.each(pass.images) { image, worker in step.run(image: image, pass.work(worker)) }
  }

  func backward(_ pass: TrainingPass) {
    let (input, output) = (step.input, step.output)
    pass.crew.each(pass.images) { image, _ in
      let to = pass.slot(inputGradient) + image * input.count
      to.update(repeating: 0, count: input.count)
      pass.kernels.pointee.max_pool_gradient(
        pass.slot(input.slot) + image * input.count, Int32(input.side), Int32(input.padded),
        Int32(input.stride), pass.slot(outputGradient) + image * output.count,
        Int32(output.side), to)
    }
  }
}

/// Gate and global average pooling: a map to one position per image.
struct PoolLayer {
  let input: Map
  /// input.positions values per image; nil: no gate.
  let gate: SlotID?
  let output: Map
  let inputGradient: SlotID
  let gateGradient: SlotID?
  /// Of the output.
  let gradient: SlotID

  func forward(_ pass: TrainingPass) {
    pass.crew.each(pass.images) { image, _ in
      pass.kernels.pointee.gated_mean(
        pass.slot(input.slot) + image * input.count, Int32(input.positions),
        Int32(input.stride), Int32(input.padded),
        gate.map { UnsafePointer(pass.slot($0) + image * input.positions) },
        pass.slot(output.slot) + image * output.stride)
    }
  }

  func backward(_ pass: TrainingPass) {
    pass.crew.each(pass.images) { image, _ in
      let at = image * input.count
      pass.kernels.pointee.gated_mean_gradient(
        pass.slot(input.slot) + at, Int32(input.positions), Int32(input.stride),
        Int32(input.padded),
        gate.map { UnsafePointer(pass.slot($0) + image * input.positions) },
        pass.slot(gradient) + image * output.stride, pass.slot(inputGradient) + at,
        gateGradient.map { pass.slot($0) + image * input.positions })
    }
  }
}

/// Multiplies every feature by a number of the caller's: dropout.
struct DropoutLayer {
  let input: Map
  let output: Map
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
