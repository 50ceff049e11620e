import CALModel

/// Images whose known method is known, to hold a new bank against.
struct KnownImages {
  let source: CommitReport.KnownAnswers.Source
  let features: [(id: UInt64, feature: [Float])]

  init(_ model: Model, _ tally: Tally) {
    let stored = model.calibration
    guard stored.isEmpty else {
      source = .calibration
      features = stored.flatMap { part in part.features.map { (part.id, $0) } }
      return
    }
    source = .samples
    let known = model.bank.active.map { model.bank.prototypes[$0] }.filter { $0.kind == .known }
    features = known.flatMap { prototype in
      (tally.samples[prototype.id]?.entries ?? []).map { (prototype.id, $0.feature) }
    }
  }

  func compare(_ model: Model, _ bank: Bank) -> CommitReport.KnownAnswers {
    var answers = CommitReport.KnownAnswers(source: source)
    var old = Explainer(bank: model.bank, decision: model.decision)
    var new = Explainer(bank: bank, decision: model.decision)
    for (id, feature) in features {
      answers.images += 1
      if old.explain(feature.span)?.id == id { answers.before += 1 }
      if new.explain(feature.span)?.id == id { answers.after += 1 }
    }
    return answers
  }
}
