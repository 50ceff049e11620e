/// A run of floats that steps write and read. `first` and `last` are the steps of its life;
/// slots whose lives do not meet may share memory.
struct Slot: Sendable {
  var count: Int
  var first: Int
  var last: Int
  /// Keeps its own memory for good: its zero borders are written once, at allocation.
  var isPersistent: Bool
}

/// Index of a slot.
typealias SlotID = Int

/// Where every slot of a plan lies in one block of memory.
struct ArenaLayout: Sendable {
  let offsets: SlotOffsets
  let count: Int

  /// First fit, big slots first: maps shrink through the network, so the early ones decide.
  init(_ slots: [Slot]) {
    var offsets = [Int](repeating: 0, count: slots.count)
    var placed: [SlotID] = []
    var end = 0
    for id in slots.indices.sorted(by: { slots[$0].count > slots[$1].count }) {
      let size = ArenaLayout.padded(slots[id].count)
      let rivals = placed.filter { slots[$0].meets(slots[id]) }.sorted { offsets[$0] < offsets[$1] }
      var offset = 0
      for rival in rivals {
        if offset + size <= offsets[rival] { break }
        offset = max(offset, offsets[rival] + ArenaLayout.padded(slots[rival].count))
      }
      offsets[id] = offset
      placed.append(id)
      end = max(end, offset + size)
    }
    self.offsets = SlotOffsets(offsets)
    count = end
  }

  /// A cache line's multiple, and a vector of slack for reads that run over.
  private static func padded(_ count: Int) -> Int { (count + 15) / 16 * 16 + 64 }
}

/// Floats from an arena's start to each of its slots, at an address that stays: steps look slots
/// up there. Unchecked, because it is written in `init` only.
final class SlotOffsets: @unchecked Sendable {
  let base: UnsafePointer<Int>

  init(_ offsets: [Int]) {
    let copy = UnsafeMutablePointer<Int>.allocate(capacity: max(offsets.count, 1))
    copy.initialize(from: offsets, count: offsets.count)
    base = UnsafePointer(copy)
  }

  deinit { base.deallocate() }
}

extension Slot {
  fileprivate func meets(_ other: Slot) -> Bool {
    isPersistent || other.isPersistent || (first <= other.last && other.first <= last)
  }
}
