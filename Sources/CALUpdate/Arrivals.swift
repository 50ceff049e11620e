import CALLearning
import CALModel

/// The images that are kept, explained or not, as far as there is something to hold them against:
/// what prototypes were made from.
struct Arrivals {
  private struct Arrival {
    let entry: Reservoir.Entry
    /// For how many images it stands.
    let weight: Double
  }

  /// Those that are `Strangers`; nothing if the model does not hold any images.
  let strangers: [Reservoir.Entry]
  /// Which centre took each of them, from 0 on.
  let centres: [Int]

  /// Images that are looked at; it bounds a commit's work.
  private static let limit = 8192

  init(_ tally: Tally, _ references: References, width: Int, founders: Int) {
    guard references.parts.contains(where: \.areStored) else {
      (strangers, centres) = ([], [])
      return
    }
    let unexplained = tally.reservoir.entries
    let samples = references.parts.filter(\.areStored)
      .map { (tally.samples[$0.id]?.entries ?? [], tally.counts[$0.id]?.images ?? 0) }
    let all = samples.reduce(unexplained.count) { $0 + $1.0.count }
    let share = min(Double(Arrivals.limit) / Double(max(all, 1)), 1)
    var kept: [Arrival] = []
    for (entries, seen) in [(unexplained, tally.unexplained)] + samples {
      // Entries stand in the order of a hash, so the first ones are a sample.
      let some = entries.prefix(Int((share * Double(entries.count)).rounded(.up)))
      // Of images that came before the last commit, when counts began again, it is not known for how
      // many they stand.
      let weight = max(Double(seen) / Double(max(some.count, 1)), 1)
      kept += some.map { Arrival(entry: $0, weight: weight) }
    }
    let others = references.parts.filter { !$0.areStored }
      .map { ($0.id, Double(tally.counts[$0.id]?.images ?? 0)) }
    let found = Strangers(
      kept.map { .init(feature: $0.entry.feature, weight: $0.weight) }, references,
      explained: Dictionary(uniqueKeysWithValues: others), width: width, founders: founders)
    strangers = found.images.map { kept[$0].entry }
    centres = found.centres
  }
}
