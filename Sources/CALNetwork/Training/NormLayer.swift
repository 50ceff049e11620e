import CKernels

/// BatchNorm in training mode over a batch (Ioffe and Szegedy 2015), with what follows it: the
/// residual and the ReLU of a block.
///
/// Backward, the input's values are overwritten by their gradient, and the output's gradient
/// becomes that of the residual too.
final class NormLayer {
  /// Where its tensors start among the parameters. `bias` nil: it is not trained.
  struct Places {
    var weight: Int
    var bias: Int
    var trainsBias = true
    var mean: Int
    var variance: Int
  }

  private let places: Places
  private let input: BatchMap
  private let output: BatchMap
  private let residual: SlotID?
  private let relu: Bool
  /// Of the output.
  private let gradient: SlotID
  private let epsilon: Float
  private let channels: Int
  private let rowsPerPart: Int
  /// Per view: mean, then 1 / standard deviation.
  private let moments: [FloatMemory]
  /// Scale, shift and slope of the pass.
  private let lines: FloatMemory
  /// Per part: two sums of every channel.
  private let sums: UnsafeMutableBufferPointer<Double>

  init(
    _ places: Places, from input: BatchMap, to output: BatchMap, gradient: SlotID,
    residual: SlotID? = nil, relu: Bool, epsilon: Float, views: Int, _ setting: TrainingSetting
  ) throws(NetworkError) {
    self.places = places
    self.input = input
    self.output = output
    self.residual = residual
    self.relu = relu
    self.gradient = gradient
    self.epsilon = epsilon
    channels = roundUp(input.channels, to: Int(CALK_CHANNELS))
    rowsPerPart = max(NormLayer.partFloats / input.stride, 64)
    var moments: [FloatMemory] = []
    for _ in 0..<views {
      guard let memory = FloatMemory(count: 2 * channels) else { throw .memory }
      moments.append(memory)
    }
    self.moments = moments
    guard let lines = FloatMemory(count: 3 * channels) else { throw .memory }
    self.lines = lines
    let rows = setting.images * input.positions
    let parts = (rows + rowsPerPart - 1) / rowsPerPart
    sums = .allocate(capacity: 2 * channels * parts)
  }

  deinit { sums.deallocate() }

  /// Also moves the running statistics by a tenth towards the batch's (PyTorch's momentum 0.1,
  /// with the unbiased variance).
  func forward(_ pass: TrainingPass) {
    let rows = pass.images * input.positions
    let from = pass.slot(input.slot)
    let centre = UnsafePointer(lines.base)
    for c in 0..<channels { lines.base[c] = from[c] }
    addUp(rows, pass) { first, shape, sum, square in
      pass.kernels.pointee.norm_sums(shape, from + first * input.stride, centre, sum, square)
    }
    setMoments(rows, pass)
    var norm = calk_norm()
    norm.scale = UnsafePointer(lines.base)
    norm.shift = UnsafePointer(lines.base + channels)
    norm.relu = relu ? 1 : 0
    eachPart(rows, pass) { first, shape in
      var mine = norm
      if let residual { mine.residual = UnsafePointer(pass.slot(residual) + first * input.stride) }
      pass.kernels.pointee.norm_apply(
        shape, &mine, from + first * input.stride,
        pass.slot(output.slot) + first * output.stride)
    }
  }

  /// From the sums about `lines` to mean, deviation, and the line of every channel.
  private func setMoments(_ rows: Int, _ pass: TrainingPass) {
    let n = Double(rows)
    let parameters = pass.parameters
    for c in 0..<input.channels {
      let offset = sums[c] / n
      // Rounding can make it negative; NaN stays NaN.
      let measured = sums[channels + c] / n - offset * offset
      let variance = measured < 0 ? 0 : measured
      let mean = Double(lines.base[c]) + offset
      let inverse = 1 / (variance + Double(epsilon)).squareRoot()
      moments[pass.view].base[c] = Float(mean)
      moments[pass.view].base[channels + c] = Float(inverse)
      let scale = Double(parameters[places.weight + c]) * inverse
      lines.base[c] = Float(scale)
      lines.base[channels + c] = Float(Double(parameters[places.bias + c]) - mean * scale)
      let unbiased = rows > 1 ? variance * n / (n - 1) : variance
      follow(&parameters[places.mean + c], mean)
      follow(&parameters[places.variance + c], unbiased)
    }
  }

  private func follow(_ running: inout Float, _ value: Double) {
    running = Float(0.9 * Double(running) + 0.1 * value)
  }

  func backward(_ pass: TrainingPass) {
    let rows = pass.images * input.positions
    let values = pass.slot(input.slot)
    let mean = UnsafePointer(moments[pass.view].base)
    addUp(rows, pass) { first, shape, sum, dot in
      pass.kernels.pointee.norm_gradient_sums(
        shape, values + first * input.stride, mean,
        relu ? UnsafePointer(pass.slot(output.slot) + first * output.stride) : nil,
        pass.slot(gradient) + first * output.stride, sum, dot)
    }
    setSlopes(rows, pass)
    var slope = calk_norm_slope()
    slope.scale = UnsafePointer(lines.base)
    slope.slope = UnsafePointer(lines.base + channels)
    slope.offset = UnsafePointer(lines.base + 2 * channels)
    eachPart(rows, pass) { first, shape in
      withUnsafePointer(to: slope) { slope in
        pass.kernels.pointee.norm_gradient_apply(
          shape, slope, pass.slot(gradient) + first * output.stride,
          values + first * input.stride)
      }
    }
  }

  /// With g the output's gradient, x the input and r = 1 / deviation, the input's gradient is
  /// weight * r * (g - mean(g) - (x - mean) r^2 mean(g (x - mean))): a line in g and x.
  private func setSlopes(_ rows: Int, _ pass: TrainingPass) {
    let n = Double(rows)
    for c in 0..<input.channels {
      let mean = Double(moments[pass.view].base[c])
      let inverse = Double(moments[pass.view].base[channels + c])
      let scale = Double(pass.parameters[places.weight + c]) * inverse
      let slope = -scale * inverse * inverse * sums[channels + c] / n
      lines.base[c] = Float(scale)
      lines.base[channels + c] = Float(slope)
      lines.base[2 * channels + c] = Float(-scale * sums[c] / n - slope * mean)
      pass.gradients[places.weight + c] += Float(sums[channels + c] * inverse)
      if places.trainsBias { pass.gradients[places.bias + c] += Float(sums[c]) }
    }
  }

  /// Sums of all parts, added in order, in the first of them.
  private func addUp(
    _ rows: Int, _ pass: TrainingPass,
    _ body: (
      _ first: Int, UnsafePointer<calk_norm_rows>, UnsafeMutablePointer<Double>,
      UnsafeMutablePointer<Double>
    ) -> Void
  ) {
    guard let base = sums.baseAddress else { return }
    let width = 2 * channels
    eachPart(rows, pass) { first, shape in
      let mine = base + first / rowsPerPart * width
      mine.update(repeating: 0, count: width)
      body(first, shape, mine, mine + channels)
    }
    for part in stride(from: rowsPerPart, to: rows, by: rowsPerPart) {
      let other = base + part / rowsPerPart * width
      for i in 0..<width { base[i] += other[i] }
    }
  }

  /// Parts do not depend on the number of workers.
  private func eachPart(
    _ rows: Int, _ pass: TrainingPass, _ body: (_ first: Int, UnsafePointer<calk_norm_rows>) -> Void
  ) {
    pass.crew.each((rows + rowsPerPart - 1) / rowsPerPart) { part, _ in
      let first = part * rowsPerPart
      var shape = calk_norm_rows(
        rows: Int32(min(rowsPerPart, rows - first)), stride: Int32(input.stride),
        channels: Int32(channels))
      body(first, &shape)
    }
  }

  private static let partFloats = 64 * 1024
}
