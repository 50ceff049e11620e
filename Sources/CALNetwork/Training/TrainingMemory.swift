import CKernels

/// Counts the slots of a network in training. Both views keep their activations until the
/// backward pass; gradients are shared by the views, and by layers whose turns do not meet. So
/// are maps that are made again on the way back.
struct TrainingMemoryBuilder {
  let images: Int
  private var activations: [(id: SlotID, count: Int)] = []
  private var gradients: [(id: SlotID, slot: Slot)] = []
  private var nextID = 0
  /// Layers so far: the clock of gradient slots, which live from the layer that makes the values
  /// to the last that reads them, backwards.
  private var time = 0

  init(images: Int) { self.images = images }

  mutating func activation(_ count: Int) -> SlotID {
    activations.append((nextID, count))
    nextID += 1
    return nextID - 1
  }

  mutating func map(side: Int, channels: Int) -> Map {
    let stride = TrainingMemoryBuilder.stride(channels)
    return Map(
      slot: activation(images * side * side * stride), side: side, channels: channels,
      stride: stride)
  }

  /// A map that is there from the layer that makes it to the last that touches it, both ways, and
  /// has other values then: at the end of the pass they are gone.
  mutating func passingMap(side: Int, channels: Int) -> Map {
    let stride = TrainingMemoryBuilder.stride(channels)
    return Map(
      slot: gradient(images * side * side * stride), side: side, channels: channels,
      stride: stride)
  }

  /// Floats from position to position of a map. Where positions would fall on the same cache sets,
  /// one line more than the channels: in training, unlike in a plan, memory and its traffic count.
  private static func stride(_ channels: Int) -> Int {
    let padded = roundUp(channels, to: Int(CALK_CHANNELS))
    return padded % 256 == 0 ? padded + 16 : padded
  }

  /// Room for the gradient of a map.
  mutating func gradient(of map: Map) -> SlotID {
    gradient(images * map.count)
  }

  mutating func gradient(_ count: Int) -> SlotID {
    let slot = Slot(count: count, first: time, last: time, isPersistent: false)
    gradients.append((nextID, slot))
    nextID += 1
    return nextID - 1
  }

  /// Layers so far.
  var layers: Int { time }

  /// A layer that came before reads these gradients too.
  mutating func hold(_ id: SlotID, from layer: Int) {
    for i in gradients.indices where gradients[i].id == id {
      gradients[i].slot.first = min(gradients[i].slot.first, layer)
    }
  }

  /// A layer that reads or writes these gradients.
  mutating func addLayer(touching touched: [SlotID]) {
    for i in gradients.indices where touched.contains(gradients[i].id) {
      gradients[i].slot.last = time
    }
    time += 1
  }

  func finished(views: Int) throws(NetworkError) -> TrainingMemory {
    var offsets = [Int](repeating: 0, count: nextID)
    var end = 0
    for (id, count) in activations {
      offsets[id] = end
      end += roundUp(count, to: 16) + 64
    }
    let layout = ArenaLayout(gradients.map(\.slot))
    var tables: [[Int]] = []
    for view in 0..<views {
      var table = offsets
      for (id, _) in activations { table[id] += view * end }
      for (i, entry) in gradients.enumerated() {
        table[entry.id] = views * end + layout.offsets.base[i]
      }
      tables.append(table)
    }
    return try TrainingMemory(tables, count: views * end + layout.count)
  }
}

/// The memory of a network in training.
struct TrainingMemory {
  let arena: FloatMemory
  /// Where each view's slots stand.
  private let offsets: [SlotOffsets]

  init(_ tables: [[Int]], count: Int) throws(NetworkError) {
    guard let arena = FloatMemory(count: count) else { throw .memory }
    self.arena = arena
    offsets = tables.map(SlotOffsets.init)
  }

  func offsets(view: Int) -> UnsafePointer<Int> { offsets[view].base }
}
