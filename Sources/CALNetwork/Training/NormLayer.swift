import CKernels

/// BatchNorm in training mode over a batch (Ioffe and Szegedy 2015), with what follows it: the
/// residual and the ReLU of a block.
///
/// Backward, the input's values are overwritten by their gradient, and the output's gradient
/// becomes that of the residual too.
///
/// Both ways there are a half that is done image by image, a look at all images, and another half
/// image by image. Convolutions around it do the halves while the image is in cache; what none of
/// them does, `forward` and `backward` do.
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
  private let input: Map
  private let output: Map
  private let residual: SlotID?
  private let relu: Bool
  /// Of the output.
  private let gradient: SlotID
  private let epsilon: Float
  private let channels: Int
  /// Per view: mean, 1 / standard deviation, and the scale and shift that come of them.
  private let moments: [FloatMemory]
  /// Scale, slope and offset of the pass back.
  private let lines: FloatMemory
  /// Per image: two sums of every channel.
  private let sums: UnsafeMutablePointer<Double>
  private let sumMemory: ZeroedMemory
  /// Whether the layer that makes the input, or reads the output, does its half.
  private let isFed: Bool
  private var isRead = false
  /// Whether the output's values are gone on the way back: its reader has them made again.
  private let isPassing: Bool

  init(
    _ places: Places, from input: Map, to output: Map, gradient: SlotID,
    residual: SlotID? = nil, relu: Bool, epsilon: Float, views: Int, isFed: Bool, isPassing: Bool,
    _ setting: TrainingSetting
  ) throws(NetworkError) {
    self.places = places
    self.input = input
    self.output = output
    self.residual = residual
    self.relu = relu
    self.gradient = gradient
    self.epsilon = epsilon
    channels = input.padded
    self.isFed = isFed
    self.isPassing = isPassing
    var moments: [FloatMemory] = []
    for _ in 0..<views {
      guard let memory = FloatMemory(count: 4 * channels) else { throw .memory }
      moments.append(memory)
    }
    self.moments = moments
    guard let lines = FloatMemory(count: 3 * channels) else { throw .memory }
    self.lines = lines
    let count = 2 * channels * setting.images
    guard let memory = ZeroedMemory(byteCount: 8 * count) else { throw .memory }
    sumMemory = memory
    sums = memory.base.bindMemory(to: Double.self, capacity: count)
  }

  /// To be called once by the layer that reads the output first and takes its halves on.
  func attachReader() { isRead = true }

  /// Also moves the running statistics by a tenth towards the batch's (PyTorch's momentum 0.1,
  /// with the unbiased variance).
  func forward(_ pass: TrainingPass) {
    if !isFed { pass.each(pass.images) { _, images, _ in addUp(images, pass) } }
    setMoments(pass)
    if !isRead { pass.each(pass.images) { _, images, _ in apply(images, pass) } }
  }

  func backward(_ pass: TrainingPass) {
    if !isRead { pass.each(pass.images) { _, images, _ in addUpGradient(images, pass) } }
    setSlopes(pass)
    if !isFed { pass.each(pass.images) { _, images, _ in applyGradient(images, pass) } }
  }

  /// Forward, the first half: each image's sums, about its first position.
  func addUp(_ images: Range<Int>, _ pass: TrainingPass) {
    let from = pass.slot(input.slot)
    each(images) { first, shape, sum, square in
      let values = from + first * input.stride
      pass.kernels.pointee.norm_sums(shape, values, values, sum, square)
    }
  }

  /// Forward, the second half.
  func apply(_ images: Range<Int>, _ pass: TrainingPass) {
    let first = images.lowerBound * input.count
    var norm = calk_norm()
    let line = moments[pass.view].base + 2 * channels
    norm.scale = UnsafePointer(line)
    norm.shift = UnsafePointer(line + channels)
    norm.relu = relu ? 1 : 0
    if let residual { norm.residual = UnsafePointer(pass.slot(residual) + first) }
    var shape = rows(images.count)
    pass.kernels.pointee.norm_apply(
      &shape, &norm, pass.slot(input.slot) + first, pass.slot(output.slot) + first)
  }

  /// Backward, before anyone reads the output: its values, if they are gone.
  func restore(_ images: Range<Int>, _ pass: TrainingPass) {
    if isPassing { apply(images, pass) }
  }

  /// Backward, the first half: takes the ReLU's gradient.
  func addUpGradient(_ images: Range<Int>, _ pass: TrainingPass) {
    let mean = UnsafePointer(moments[pass.view].base)
    each(images) { first, shape, sum, dot in
      let at = first * input.stride
      pass.kernels.pointee.norm_gradient_sums(
        shape, pass.slot(input.slot) + at, mean,
        relu ? UnsafePointer(pass.slot(output.slot) + at) : nil, pass.slot(gradient) + at, sum, dot)
    }
  }

  /// Backward, the second half.
  func applyGradient(_ images: Range<Int>, _ pass: TrainingPass) {
    let first = images.lowerBound * input.count
    var slope = calk_norm_slope()
    slope.scale = UnsafePointer(lines.base)
    slope.slope = UnsafePointer(lines.base + channels)
    slope.offset = UnsafePointer(lines.base + 2 * channels)
    var shape = rows(images.count)
    pass.kernels.pointee.norm_gradient_apply(
      &shape, &slope, pass.slot(gradient) + first, pass.slot(input.slot) + first)
  }

  private func rows(_ images: Int) -> calk_norm_rows {
    calk_norm_rows(
      rows: Int32(images * input.positions), stride: Int32(input.stride),
      channels: Int32(channels))
  }

  private func each(
    _ images: Range<Int>,
    _ body: (
      _ first: Int, UnsafePointer<calk_norm_rows>, UnsafeMutablePointer<Double>,
      UnsafeMutablePointer<Double>
    ) -> Void
  ) {
    var shape = rows(1)
    for image in images {
      let mine = sums + image * 2 * channels
      mine.update(repeating: 0, count: 2 * channels)
      body(image * input.positions, &shape, mine, mine + channels)
    }
  }

  /// From every image's sums to mean, deviation, and the line of every channel.
  private func setMoments(_ pass: TrainingPass) {
    let n = Double(pass.images * input.positions)
    let parameters = pass.parameters
    let kept = moments[pass.view].base
    for c in 0..<input.channels {
      let (mean, variance) = moments(c, pass)
      let inverse = 1 / (variance + Double(epsilon)).squareRoot()
      kept[c] = Float(mean)
      kept[channels + c] = Float(inverse)
      let scale = Double(parameters[places.weight + c]) * inverse
      kept[2 * channels + c] = Float(scale)
      kept[3 * channels + c] = Float(Double(parameters[places.bias + c]) - mean * scale)
      let unbiased = n > 1 ? variance * n / (n - 1) : variance
      follow(&parameters[places.mean + c], mean)
      follow(&parameters[places.variance + c], unbiased)
    }
  }

  /// Mean and variance of a channel: of images of one size, the mean of the means, and the mean
  /// of the variances plus the variance of the means.
  private func moments(_ c: Int, _ pass: TrainingPass) -> (mean: Double, variance: Double) {
    let n = Double(input.positions)
    let values = pass.slot(input.slot) + c
    func offset(_ image: Int) -> Double { sums[image * 2 * channels + c] / n }
    func mean(_ image: Int) -> Double {
      Double(values[image * input.count]) + offset(image)
    }
    var total = 0.0
    for image in 0..<pass.images { total += mean(image) }
    let centre = total / Double(pass.images)
    var spread = 0.0
    for image in 0..<pass.images {
      let square = sums[image * 2 * channels + channels + c] / n
      let away = mean(image) - centre
      spread += square - offset(image) * offset(image) + away * away
    }
    // Rounding can make it negative; NaN stays NaN.
    let variance = spread / Double(pass.images)
    return (centre, variance < 0 ? 0 : variance)
  }

  private func follow(_ running: inout Float, _ value: Double) {
    running = Float(0.9 * Double(running) + 0.1 * value)
  }

  /// With g the output's gradient, x the input and r = 1 / deviation, the input's gradient is
  /// weight * r * (g - mean(g) - (x - mean) r^2 mean(g (x - mean))): a line in g and x.
  private func setSlopes(_ pass: TrainingPass) {
    let n = Double(pass.images * input.positions)
    for c in 0..<input.channels {
      var (sum, dot) = (0.0, 0.0)
      for image in 0..<pass.images {
        sum += sums[image * 2 * channels + c]
        dot += sums[image * 2 * channels + channels + c]
      }
      let mean = Double(moments[pass.view].base[c])
      let inverse = Double(moments[pass.view].base[channels + c])
      let scale = Double(pass.parameters[places.weight + c]) * inverse
      let slope = -scale * inverse * inverse * dot / n
      lines.base[c] = Float(scale)
      lines.base[channels + c] = Float(slope)
      lines.base[2 * channels + c] = Float(-scale * sum / n - slope * mean)
      pass.gradients[places.weight + c] += Float(dot * inverse)
      if places.trainsBias { pass.gradients[places.bias + c] += Float(sum) }
    }
  }
}
