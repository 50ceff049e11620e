import CKernels

/// Everything that happens to an image, and where its memory is.
struct Plan: Sendable {
  let steps: [Step]
  fileprivate var slots: [Slot]
  private(set) var layout: ArenaLayout
  let scratch: ScratchSize
  let input: SlotID
  let features: SlotID
  let map: Map
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
    // A line more than whole vectors, so that positions do not fall on the same cache sets.
    let stride = roundUp(channels, to: Int(CALK_CHANNELS)) + 16
    return Map(
      slot: slot(side * side * stride), side: side, channels: channels, stride: stride)
  }

  /// Appends a step that touches the given slots.
  mutating func add(_ step: Step, touching touched: [SlotID]) {
    for id in touched { slots[id].last = steps.count }
    scratch.grow(to: step.scratch)
    steps.append(step)
  }

  func finished(
    input: SlotID, features: SlotID, map: Map, statistics: SlotID?,
    maps: [(slot: SlotID, shape: StatisticsMap)], zeros: FloatMemory
  ) -> Plan {
    Plan(
      steps: steps, slots: slots, layout: ArenaLayout(slots), scratch: scratch, input: input,
      features: features, map: map, statistics: statistics, maps: maps, zeros: zeros)
  }
}
