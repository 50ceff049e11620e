import CKernels

/// The two convolutions of the gate's mask, for one image, and their gradients.
final class FrequencyFilters {
  private let first: calk_conv
  private let second: calk_conv
  private let back: calk_conv
  private let memory: FloatMemory
  /// Where the first convolution's bias stands there.
  private let bias: Int
  private let kernels: UnsafePointer<calk_kernels>
  private let hidden: Int
  private let padded: Int
  private let positions: Int

  static let rowsPerCall = 240

  /// Of the mask's convolutions.
  static let kernel = 3

  init(
    _ picture: GatheredPicture, map: Map, _ setting: TrainingSetting
  ) throws(NetworkError) {
    hidden = map.channels
    kernels = setting.kernels
    padded = map.padded
    positions = map.positions
    let count = (27 + 9 + 2) * padded + 9 * hidden * 16 + 16
    guard let memory = FloatMemory(count: count) else { throw .memory }
    self.memory = memory

    func conv(_ window: calk_window, out: Int, stride: Int, relu: Bool, _ weights: Int, _ bias: Int)
      -> calk_conv
    {
      var conv = calk_conv(
        [window], columns: map.side, rows: map.side, channels: out, stride: stride, relu: relu,
        zeros: setting.zeros)
      conv.weights = UnsafePointer(memory.base + weights)
      conv.bias = UnsafePointer(memory.base + bias)
      return conv
    }
    let logits = calk_window(
      side: map.side, channels: 1, stride: 1, rows: 3, columns: 3, step: 1, pad: (1, 1))
    let weights2 = 27 * padded
    let weightsBack = weights2 + 9 * hidden * 16
    bias = weightsBack + 9 * padded
    let none = bias + padded
    first = conv(picture.window(), out: hidden, stride: map.stride, relu: true, 0, bias)
    second = conv(
      map.window(kernel: FrequencyFilters.kernel), out: 1, stride: 16, relu: false, weights2, none)
    back = conv(logits, out: hidden, stride: map.stride, relu: false, weightsBack, none)
  }

  func pack(
    _ weight1: UnsafePointer<Float>, bias1: UnsafePointer<Float>, weight2: UnsafePointer<Float>
  ) {
    let base = memory.base
    pack(calk_filter(out: hidden, in: 3, kernel: 3, weights: weight1), first)
    pack(calk_filter(out: 1, in: hidden, kernel: 3, weights: weight2), second)
    var transposed = calk_filter(out: hidden, in: 1, kernel: 3, weights: weight2)
    transposed.out_step = 9
    transposed.setTaps((0..<9).reversed())
    pack(transposed, back)
    for o in 0..<hidden { base[bias + o] = bias1[o] }
  }

  private func pack(_ filter: calk_filter, _ conv: calk_conv) {
    withUnsafePointer(to: filter) { filter in
      let depth = Int64(filter.pointee.taps * filter.pointee.in)
      kernels.pointee.pack(
        depth, 0, filter, 0, panels(conv), UnsafeMutablePointer(mutating: conv.weights))
    }
  }

  private func panels(_ conv: calk_conv) -> Int32 {
    Int32(CALNetwork.panels(of: Int(conv.out_channels), width: kernels.pointee.panel))
  }

  /// Spectrum to hidden map, with bias and ReLU.
  func first(
    _ spectrum: UnsafePointer<Float>, _ map: UnsafeMutablePointer<Float>, _ room: FrequencyRoom
  ) { run(first, spectrum, map, room) }

  /// Hidden map to logits without bias, 16 floats a position of which the first counts.
  func second(
    _ map: UnsafePointer<Float>, _ logits: UnsafeMutablePointer<Float>, _ room: FrequencyRoom
  ) { run(second, map, logits, room) }

  /// Gradient of the logits, one float a position, to that of the hidden map.
  func back(
    _ logits: UnsafePointer<Float>, _ map: UnsafeMutablePointer<Float>, _ room: FrequencyRoom
  ) { run(back, logits, map, room) }

  private func run(
    _ conv: calk_conv, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ room: FrequencyRoom
  ) {
    var data = calk_conv_data()
    data.in.0 = input
    data.out = output
    let panels = panels(conv)
    withUnsafePointer(to: conv) { conv in
      eachRun { begin, end in
        kernels.pointee.conv(conv, &data, begin, end, 0, panels, room.table)
      }
    }
  }

  /// Adds to the gradient of the first weights, 27 x padded, from the hidden map's gradient.
  func addFirst(
    _ spectrum: UnsafePointer<Float>, _ mapGradient: UnsafePointer<Float>,
    to gradient: UnsafeMutablePointer<Float>, _ room: FrequencyRoom
  ) { add(first, spectrum, mapGradient, to: gradient, room) }

  /// Adds to the gradient of the second weights, 9 x padded with the taps reversed: the sum over
  /// positions of hidden values times the logit's gradient a tap away.
  func addSecond(
    _ map: UnsafePointer<Float>, _ logits: UnsafePointer<Float>,
    to gradient: UnsafeMutablePointer<Float>, _ room: FrequencyRoom
  ) { add(back, logits, map, to: gradient, room) }

  private func add(
    _ conv: calk_conv, _ input: UnsafePointer<Float>, _ outGradient: UnsafePointer<Float>,
    to gradient: UnsafeMutablePointer<Float>, _ room: FrequencyRoom
  ) {
    withUnsafePointer(to: conv) { conv in
      var sum = calk_weight_gradient(
        conv: conv, in: input, out_gradient: outGradient, gradient: gradient)
      let tiles = kernels.pointee.weight_gradient_tiles(conv)
      eachRun { begin, end in
        kernels.pointee.weight_gradient(&sum, begin, end, 0, tiles, room.table)
      }
    }
  }

  private func eachRun(_ body: (_ begin: Int32, _ end: Int32) -> Void) {
    for first in stride(from: 0, to: positions, by: FrequencyFilters.rowsPerCall) {
      body(Int32(first), Int32(min(first + FrequencyFilters.rowsPerCall, positions)))
    }
  }
}
