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
  fileprivate var slots: [Slot]
  private(set) var layout: ArenaLayout
  let scratch: ScratchSize
  let input: SlotID
  let features: SlotID
  let map: SlotID
  let mapStride: Int
  let mapPositions: Int
  /// Of all maps, if they are asked for.
  let statistics: SlotID?
  /// Those that have statistics.
  let maps: [(slot: SlotID, shape: StatisticsMap)]
  /// Owns what steps read outside a map.
  let zeros: FloatMemory
}

extension Plan {
  /// With memory of their own for the maps that have statistics, so that all of them are there at
  /// the end. Steps know slots, not places, so they stay.
  func keepingMaps() -> Plan {
    var plan = self
    for map in maps { plan.slots[map.slot].last = steps.count }
    plan.layout = ArenaLayout(plan.slots)
    return plan
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
    input: SlotID, features: SlotID, map: Map, statistics: SlotID?,
    maps: [(slot: SlotID, shape: StatisticsMap)], zeros: FloatMemory
  ) -> Plan {
    Plan(
      steps: steps, slots: slots, layout: ArenaLayout(slots), scratch: scratch, input: input,
      features: features, map: map.slot, mapStride: map.stride, mapPositions: map.positions,
      statistics: statistics, maps: maps, zeros: zeros)
  }
}
