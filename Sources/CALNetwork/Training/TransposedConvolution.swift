import CKernels

/// The gradient of a convolution's input: a convolution of the output's gradient with the
/// filter transposed. With a stride s the input's positions fall into s x s phases, each with
/// the taps that reach it: position s * i + p of an axis gets tap k from output i + (p + pad - k)
/// / s where that is whole.
final class TransposedConvolution {
  private struct Phase {
    var path: ConvolutionPath
    /// Places in the filter of its taps, in the order of the window.
    var taps: [Int]
    var row: Int
    var column: Int
    var rows: Int
    var columns: Int
    var slot: SlotID
  }

  private let filter: ConvolutionLayer.Filter
  private let map: Map
  private let gradient: ConvolutionLayer.InputGradient
  private var phases: [Phase] = []

  init(
    _ filter: ConvolutionLayer.Filter, from output: Map, to map: Map,
    _ gradient: ConvolutionLayer.InputGradient, _ setting: TrainingSetting,
    _ memory: inout TrainingMemoryBuilder
  ) throws(NetworkError) {
    self.filter = filter
    self.map = map
    self.gradient = gradient
    let axis = (0..<filter.stride).map { Axis(phase: $0, filter, side: map.side) }
    for row in axis where !row.taps.isEmpty && row.count > 0 {
      for column in axis where !column.taps.isEmpty && column.count > 0 {
        phases.append(try makePhase(row, column, output, setting, &memory))
      }
    }
  }

  private func makePhase(
    _ row: Axis, _ column: Axis, _ output: Map, _ setting: TrainingSetting,
    _ memory: inout TrainingMemoryBuilder
  ) throws(NetworkError) -> Phase {
    let isWhole = filter.stride == 1
    let slot =
      isWhole
      ? gradient.slot
      : memory.gradient(memory.images * row.count * column.count * map.stride)
    let window = output.window(
      rows: row.taps.count, columns: column.taps.count, step: 1,
      pad: (-row.offset, -column.offset))
    let shape = ConvolutionPath.Shape(
      window: window, input: output.slot, out: filter.input, channels: filter.out, output: slot,
      columns: column.count, rows: row.count, stride: map.stride,
      adds: isWhole && gradient.adds, isSpatial: isWhole && filter.kernel == 3)
    let places = row.taps.flatMap { y in column.taps.map { x in y * filter.kernel + x } }
    return Phase(
      path: try ConvolutionPath(shape, setting), taps: places, row: row.phase,
      column: column.phase, rows: row.count, columns: column.count, slot: slot)
  }

  var scratch: ScratchSize {
    var size = ScratchSize()
    for phase in phases { size.grow(to: phase.path.scratch) }
    return size
  }

  func pack(_ weights: UnsafePointer<Float>) {
    for phase in phases {
      var transposed = calk_filter(
        out: filter.input, in: filter.out, kernel: filter.kernel, weights: weights)
      transposed.out_step = Int64(filter.taps)
      transposed.in_step = Int64(filter.input * filter.taps)
      transposed.setTaps(phase.taps)
      phase.path.pack(transposed)
    }
  }

  func parts(_ images: Int) -> Int { phases.map { $0.path.parts(images) }.min() ?? images }

  func run(_ images: Range<Int>, _ worker: Int, _ pass: TrainingPass) {
    for phase in phases { phase.path.run(images, worker, pass) }
    guard filter.stride > 1 else { return }
    for image in images {
      if !gradient.adds { clear(image, pass) }
      for phase in phases { spread(phase, image, pass) }
    }
  }

  private func clear(_ image: Int, _ pass: TrainingPass) {
    (pass.slot(gradient.slot) + image * map.count).update(repeating: 0, count: map.count)
  }

  /// Adds a phase's positions to those of the map that they are.
  private func spread(_ phase: Phase, _ image: Int, _ pass: TrainingPass) {
    let width = map.stride
    var from = pass.slot(phase.slot) + image * phase.rows * phase.columns * width
    let to = pass.slot(gradient.slot) + image * map.count
    for y in 0..<phase.rows {
      for x in 0..<phase.columns {
        let row = filter.stride * y + phase.row
        let column = filter.stride * x + phase.column
        let target = to + (row * map.side + column) * width
        for c in 0..<width { target[c] += from[c] }
        from += width
      }
    }
  }

  /// One phase along rows or columns.
  private struct Axis {
    var phase: Int
    /// Falling, so that the outputs they read rise one by one from `offset` on.
    var taps: [Int]
    var offset: Int
    /// Positions of the phase.
    var count: Int

    init(phase: Int, _ filter: ConvolutionLayer.Filter, side: Int) {
      self.phase = phase
      let reach = phase + filter.kernel / 2
      taps = (0..<filter.kernel).filter { (reach - $0) % filter.stride == 0 }.reversed()
      offset = taps.first.map { (reach - $0) / filter.stride } ?? 0
      count = pieces(side - phase, of: filter.stride)
    }
  }
}
