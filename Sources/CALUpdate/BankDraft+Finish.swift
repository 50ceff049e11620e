import CALDigest
import CALModel

extension BankDraft {
  /// The next epoch's bank, and what is cached sorted by it. Counts begin again from 0. `assigned`
  /// are images of the reservoir that were found to be of novel prototypes; `tally` has no
  /// `labelled` ones.
  func finish(
    _ tally: Tally, assigned: [UInt64: [Reservoir.Entry]], labelled: LabelledImages,
    labelCounts: [UInt64: UInt64], decision: Decision
  ) throws(UpdateError) -> (Bank, Tally) {
    let sorter = try bank(adding: [:])
    var counts = tally.counts
    for (id, images) in labelCounts { counts[id, default: .init()].add(.init(images: images)) }
    var samples = tally
    samples.reservoir = Reservoir(seed: tally.settings.seed, capacity: tally.settings.reservoir)
    var sorted = samples.sorted(by: sorter, decision)
    var owners: [Digest: UInt64] = [:]
    for (id, entries) in assigned {
      guard let heir = sorter.heir(of: id) else { continue }
      for entry in entries { owners[entry.key] = heir }
    }
    let entries = tally.reservoir.entries
    let answers = Explainer(bank: sorter, decision: decision).answers(entries.map(\.feature))
    for (entry, answer) in zip(entries, answers) {
      guard let answer else { continue }
      if answer.isExplained {
        counts[answer.id, default: .init()].add(.init(answer))
        sorted.keep(entry.key, entry.feature, asSampleOf: answer.id)
      } else if let owner = owners[entry.key] {
        let isAnswer = answer.id == owner
        counts[owner, default: .init()].add(isAnswer ? .init(answer) : .init(images: 1))
        sorted.keep(entry.key, entry.feature, asSampleOf: owner)
      } else {
        sorted.reservoir.offer(entry.key, entry.feature)
      }
    }
    for (id, images) in labelled.entries {
      guard let heir = sorter.heir(of: id) else { continue }
      for image in images { sorted.keep(image.key, image.feature, asSampleOf: heir) }
    }
    sorted.startAgain()
    return (try bank(adding: counts), sorted)
  }

  private func bank(adding counts: [UInt64: Tally.Count]) throws(UpdateError) -> Bank {
    var entries = old.prototypes
    for retirement in retired {
      guard let entry = old.entry(ofID: retirement.id) else { continue }
      entries[entry].kind = .retired
      entries[entry].vector = []
      entries[entry].mergedInto = retirement.mergedInto
    }
    for prototype in prototypes {
      if let entry = old.entry(ofID: prototype.id) {
        entries[entry] = prototype
      } else {
        entries.append(prototype)
      }
    }
    let (epoch, nextID, width) = (old.epoch + 1, nextID, old.featureCount)
    let bank = try modelResult { () throws(ModelError) in
      try Bank(epoch: epoch, nextID: nextID, featureCount: width, prototypes: entries)
    }
    guard !counts.isEmpty else { return bank }
    for (id, count) in counts.sorted(by: { $0.key < $1.key }) {
      guard let heir = bank.heir(of: id), let entry = bank.entry(ofID: heir) else { continue }
      entries[entry].count(
        images: count.images, confidenceSum: Double(count.confidence) / Tally.Count.unit)
    }
    return try modelResult { () throws(ModelError) in
      try Bank(epoch: epoch, nextID: nextID, featureCount: width, prototypes: entries)
    }
  }
}
