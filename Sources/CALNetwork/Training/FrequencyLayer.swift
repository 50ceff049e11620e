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
  /// Of the spectrum.
  let picture: GatheredPicture
  let slots: Slots
  let filters: FrequencyFilters

  /// What the backward pass needs of an image, one image after the other.
  struct Slots {
    /// Planar pictures.
    var input: SlotID
    /// The spectrum, interleaved with a border of one.
    var spectrum: SlotID
    /// Positions of the hidden map, behind the ReLU.
    var map: Map
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
    picture = GatheredPicture(size: size, kernel: FrequencyFilters.kernel)
    let map = memory.map(side: size, channels: hidden)
    slots = Slots(
      input: input, spectrum: memory.activation(images * picture.count), map: map,
      mask: memory.activation(pixels), picture: memory.activation(pixels),
      gate: memory.activation(images * shape.positions),
      gateGradient: memory.gradient(images * shape.positions))
    filters = try FrequencyFilters(picture, map: map, setting)
  }

  var scratch: ScratchSize { FrequencyRoom.size(self) }

  var map: Map { slots.map }

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
    picture.fill(
      pass.slot(slots.spectrum) + image * picture.count,
      from: (
        UnsafePointer(room.plane(0)), UnsafePointer(room.plane(1)), UnsafePointer(room.plane(2))
      ), stride: room.rowStride, rows: 0..<size)
  }

  private func findMask(_ image: Int, _ room: FrequencyRoom, _ pass: TrainingPass) {
    let spectrum = pass.slot(slots.spectrum) + image * picture.count
    let values = pass.slot(map.slot) + image * map.count
    filters.first(spectrum, values, room)
    filters.second(values, room.map, room)
    pass.kernels.pointee.sigmoids(
      room.map, 16, pass.parameters[places.bias2], Int32(size * size),
      pass.slot(slots.mask) + image * size * size)
  }

  private func findGate(_ image: Int, _ room: FrequencyRoom, _ pass: TrainingPass) {
    let mask = pass.slot(slots.mask) + image * size * size
    for y in 0..<size {
      let row = room.plane(0) + y * room.rowStride
      for x in 0..<size { row[x] = meanSpectrum(image, y, x, pass) * mask[y * size + x] }
    }
    room.transform(
      room.plane(0), stride: room.rowStride, to: room.plane(1), via: room.plane(3), inverse: true,
      pass.kernels)
    let values = pass.slot(slots.picture) + image * size * size
    for y in 0..<size {
      pass.kernels.pointee.sigmoids(
        room.plane(1) + y * room.rowStride, 1, 0, Int32(size), values + y * size)
    }
    shape.gate(of: values, to: pass.slot(slots.gate) + image * shape.positions)
  }

  func meanSpectrum(_ image: Int, _ y: Int, _ x: Int, _ pass: TrainingPass) -> Float {
    let at =
      pass.slot(slots.spectrum) + image * picture.count + picture.origin + y * picture.pitch + 3 * x
    return (at[0] + at[1] + at[2]) * (1.0 / 3)
  }
}
