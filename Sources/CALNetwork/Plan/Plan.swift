import CKernels

/// A square map of positions in the arena.
struct Map: Sendable {
  var slot: SlotID
  var side: Int
  var channels: Int

  var positions: Int { side * side }
  var stride: Int { Map.stride(channels) }

  /// Floats from position to position: whole vectors, and a line more so that positions do not
  /// fall on the same cache sets.
  static func stride(_ channels: Int) -> Int { roundUp(channels, to: Int(CALK_CHANNELS)) + 16 }
}

/// Everything that happens to an image, and where its memory is.
struct Plan: Sendable {
  let steps: [Step]
  let layout: ArenaLayout
  private let slots: [Slot]
  let scratch: ScratchSize
  let input: SlotID
  let features: SlotID
  let map: SlotID
  let mapStride: Int
  let mapPositions: Int
  /// Of all maps, if they are asked for.
  let statistics: SlotID?
  /// Those that have statistics.
  let maps: [Map]
  /// Owns what steps read outside a map.
  let zeros: FloatMemory

  init(
    steps: [Step], slots: [Slot], scratch: ScratchSize, input: SlotID, features: SlotID,
    map: SlotID, mapStride: Int, mapPositions: Int, statistics: SlotID?, maps: [Map],
    zeros: FloatMemory
  ) {
    self.steps = steps
    self.slots = slots
    layout = ArenaLayout(slots)
    self.scratch = scratch
    self.input = input
    self.features = features
    self.map = map
    self.mapStride = mapStride
    self.mapPositions = mapPositions
    self.statistics = statistics
    self.maps = maps
    self.zeros = zeros
  }
}

extension Plan {
  /// With memory of their own for the maps that have statistics, so that all of them are there at
  /// the end. Steps know slots, not places, so they stay.
  func keepingMaps() -> Plan {
    var kept = slots
    for map in maps { kept[map.slot].last = steps.count }
    return Plan(
      steps: steps, slots: kept, scratch: scratch, input: input, features: features, map: map,
      mapStride: mapStride, mapPositions: mapPositions, statistics: statistics, maps: maps,
      zeros: zeros)
  }
}

/// Collects steps and slots, and keeps account of lives and scratch.
struct PlanBuilder {
  private(set) var steps: [Step] = []
  private var slots: [Slot] = []
  private var scratch = ScratchSize()

  mutating func slot(_ count: Int, persistent: Bool = false) -> SlotID {
    slots.append(
      Slot(count: count, first: steps.count, last: steps.count, isPersistent: persistent))
    return slots.count - 1
  }

  mutating func map(side: Int, channels: Int) -> Map {
    Map(slot: slot(side * side * Map.stride(channels)), side: side, channels: channels)
  }

  /// Appends a step that touches the given slots.
  mutating func add(_ step: Step, touching touched: [SlotID], scratch size: ScratchSize = .init()) {
    for id in touched { slots[id].last = steps.count }
    scratch.grow(to: size)
    steps.append(step)
  }

  func finished(
    input: SlotID, features: SlotID, map: Map, statistics: SlotID?, maps: [Map],
    zeros: FloatMemory
  ) -> Plan {
    Plan(
      steps: steps, slots: slots, scratch: scratch, input: input, features: features,
      map: map.slot, mapStride: map.stride, mapPositions: map.positions, statistics: statistics,
      maps: maps, zeros: zeros)
  }
}
