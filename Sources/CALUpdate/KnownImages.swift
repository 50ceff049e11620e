import CALModel

/// Images whose known method is known, to hold a new bank against.
struct KnownImages {
  let source: CommitReport.KnownAnswers.Source
  let features: [(id: UInt64, feature: [Float])]

  init(_ model: Model, _ tally: Tally) {
    let known = model.bank.active.map { model.bank.prototypes[$0] }.filter { $0.kind == .known }
    let stored = model.calibration.filter { own in known.contains { $0.id == own.id } }
    guard stored.isEmpty else {
      source = .calibration
      features = stored.flatMap { part in part.features.map { (part.id, $0) } }
      return
    }
    source = .samples
    features = known.flatMap { prototype in
      (tally.samples[prototype.id]?.entries ?? []).map { (prototype.id, $0.feature) }
    }
  }

  func compare(_ model: Model, _ bank: Bank) -> CommitReport.KnownAnswers {
    var answers = CommitReport.KnownAnswers(source: source)
    func right(_ bank: Bank) -> Int {
      let found = Explainer(bank: bank, decision: model.decision).answers(features.map(\.feature))
      return zip(found, features).count { $0?.id == $1.id }
    }
    answers.images = features.count
    answers.before = right(model.bank)
    answers.after = right(bank)
    return answers
  }
}
