import CKernels

/// The frequency gate (FFE) over a batch, image by image: see `NetworkSpec.FFE`.
final class FrequencyLayer {
  /// Where its tensors start among the parameters.
  struct Places {
    var weight1: Int
    var bias1: Int
    var weight2: Int
    var bias2: Int
  }

  let size: Int
  let hidden: Int
  let places: Places
  let tables: CosineTables
  let zeros: FloatMemory
  let shape: GateShape
  let slots: Slots
  let filters: FrequencyFilters

  /// What the backward pass needs of an image, one image after the other.
  struct Slots {
    /// Planar pictures.
    var input: SlotID
    /// The spectrum, interleaved with a border of one.
    var spectrum: SlotID
    /// Positions of the hidden map, behind the ReLU.
    var map: BatchMap
    var mask: SlotID
    /// sigmoid(picture of the masked spectrum).
    var picture: SlotID
    var gate: SlotID
    var gateGradient: SlotID
  }

  init(
    _ ffe: NetworkSpec.FFE, size: Int, mapSide: Int, input: SlotID, places: Places,
    _ setting: TrainingSetting, _ memory: inout TrainingMemoryBuilder
  ) throws(NetworkError) {
    self.size = size
    hidden = ffe.hiddenChannels
    self.places = places
    zeros = setting.zeros
    shape = GateShape(size: size, grid: ffe.grid, mapSide: mapSide)
    guard let tables = CosineTables(length: size) else { throw .memory }
    self.tables = tables
    let images = setting.images
    let pixels = images * size * size
    let map = BatchMap(
      slot: memory.activation(pixels * BatchMap.stride(hidden)), side: size, channels: hidden)
    slots = Slots(
      input: input, spectrum: memory.activation(images * 3 * (size + 2) * (size + 2)), map: map,
      mask: memory.activation(pixels), picture: memory.activation(pixels),
      gate: memory.activation(images * mapSide * mapSide),
      gateGradient: memory.gradient(images * mapSide * mapSide))
    filters = try FrequencyFilters(hidden: hidden, map: map, setting)
  }

  var pitch: Int { 3 * (size + 2) }
  /// Floats from row to row of a plane in scratch.
  var rowStride: Int { roundUp(size, to: 16) + 16 }
  var planeCount: Int { size * rowStride + 64 }

  var scratch: ScratchSize {
    ScratchSize(
      floats: 6 * planeCount + tables.scratch + size * size * (map.stride + 16) + 64,
      pointers: FrequencyFilters.rowsPerCall * 9)
  }

  var map: BatchMap { slots.map }

  func pack(_ parameters: UnsafePointer<Float>) {
    filters.pack(
      parameters + places.weight1, bias1: parameters + places.bias1,
      weight2: parameters + places.weight2)
  }

  func forward(_ pass: TrainingPass) {
    pass.crew.each(pass.images) { image, worker in
      let room = FrequencyRoom(self, pass.scratch[worker])
      findSpectrum(image, room, pass)
      findMask(image, room, pass)
      findGate(image, room, pass)
    }
  }

  private func findSpectrum(_ image: Int, _ room: FrequencyRoom, _ pass: TrainingPass) {
    let from = pass.slot(slots.input) + image * 3 * size * size
    for plane in 0..<3 {
      room.transform(
        from + plane * size * size, stride: size, to: room.plane(plane), via: room.plane(3),
        inverse: false, pass.kernels)
    }
    interleave(
      planes: (
        UnsafePointer(room.plane(0)), UnsafePointer(room.plane(1)), UnsafePointer(room.plane(2))
      ), rows: 0..<size, size: size, stride: rowStride,
      to: pass.slot(slots.spectrum) + image * (size + 2) * pitch + pitch + 3, pitch: pitch)
  }

  private func findMask(_ image: Int, _ room: FrequencyRoom, _ pass: TrainingPass) {
    let spectrum = pass.slot(slots.spectrum) + image * (size + 2) * pitch
    let values = pass.slot(map.slot) + image * map.positions * map.stride
    filters.first(spectrum, values, room)
    filters.second(values, room.map, room)
    pass.kernels.pointee.sigmoids(
      room.map, 16, pass.parameters[places.bias2], Int32(size * size),
      pass.slot(slots.mask) + image * size * size)
  }

  private func findGate(_ image: Int, _ room: FrequencyRoom, _ pass: TrainingPass) {
    let mask = pass.slot(slots.mask) + image * size * size
    for y in 0..<size {
      let row = room.plane(0) + y * rowStride
      for x in 0..<size { row[x] = meanSpectrum(image, y, x, pass) * mask[y * size + x] }
    }
    room.transform(
      room.plane(0), stride: rowStride, to: room.plane(1), via: room.plane(3), inverse: true,
      pass.kernels)
    let picture = pass.slot(slots.picture) + image * size * size
    for y in 0..<size {
      pass.kernels.pointee.sigmoids(
        room.plane(1) + y * rowStride, 1, 0, Int32(size), picture + y * size)
    }
    shape.gate(of: picture, to: pass.slot(slots.gate) + image * shape.positions)
  }

  func meanSpectrum(_ image: Int, _ y: Int, _ x: Int, _ pass: TrainingPass) -> Float {
    let at = pass.slot(slots.spectrum) + (image * (size + 2) + y + 1) * pitch + 3 * (x + 1)
    return (at[0] + at[1] + at[2]) * (1.0 / 3)
  }
}

/// Average pooling of a picture to a grid and bilinear resize of that to the map.
struct GateShape {
  let size: Int
  let kernel: Int
  let grid: Int
  let taps: [BilinearTap]

  init(size: Int, grid: Int, mapSide: Int) {
    self.size = size
    kernel = max(size / grid, 1)
    self.grid = size / kernel
    taps = BilinearTap.taps(from: size / kernel, to: mapSide)
  }

  var positions: Int { taps.count * taps.count }

  func gate(of picture: UnsafePointer<Float>, to gate: UnsafeMutablePointer<Float>) {
    var pooled = [Float](repeating: 0, count: grid * grid)
    for y in 0..<grid * kernel {
      for x in 0..<grid * kernel { pooled[y / kernel * grid + x / kernel] += picture[y * size + x] }
    }
    let share = 1 / Float(kernel * kernel)
    for (y, row) in taps.enumerated() {
      for (x, column) in taps.enumerated() {
        var sum: Float = 0
        for corner in corners(row, column) { sum += pooled[corner.cell] * corner.weight }
        gate[y * taps.count + x] = sum * share
      }
    }
  }

  /// From the gradient of the gate to that of the picture.
  func gradient(of gate: UnsafePointer<Float>, add: (_ y: Int, _ x: Int, Float) -> Void) {
    var pooled = [Float](repeating: 0, count: grid * grid)
    for (y, row) in taps.enumerated() {
      for (x, column) in taps.enumerated() {
        for corner in corners(row, column) {
          pooled[corner.cell] += gate[y * taps.count + x] * corner.weight
        }
      }
    }
    let share = 1 / Float(kernel * kernel)
    for y in 0..<size {
      for x in 0..<size {
        let inside = y < grid * kernel && x < grid * kernel
        add(y, x, inside ? pooled[y / kernel * grid + x / kernel] * share : 0)
      }
    }
  }

  private func corners(_ row: BilinearTap, _ column: BilinearTap) -> [(cell: Int, weight: Float)] {
    [
      (row.first * grid + column.first, (1 - row.share) * (1 - column.share)),
      (row.first * grid + column.second, (1 - row.share) * column.share),
      (row.second * grid + column.first, row.share * (1 - column.share)),
      (row.second * grid + column.second, row.share * column.share),
    ]
  }
}
