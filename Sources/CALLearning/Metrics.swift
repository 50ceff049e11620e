/// Open-world evaluation (docs/METHOD.md, "Metrics"): the published measures, and strict ones
/// beside them, because the published Novel ACC gives full marks to a model that calls every
/// novel image known.
public struct Metrics: Sendable {
  // Published.
  public private(set) var all = Agreement()
  public private(set) var known = Agreement()
  public private(set) var novel = Agreement()

  /// The one matching of All ACC, split: known and novel samples on their matched ids. Among
  /// equally good matchings the one with the fewest novel hits.
  public private(set) var jointKnown = 0.0
  public private(set) var jointNovel = 0.0
  /// Novel ACC where a novel class may only be matched to a novel id.
  public private(set) var strictNovel = 0.0
  /// The id that each label id stands for: a known one itself; a novel one what that matching
  /// gives it, -1 if it has no hit there.
  public private(set) var match: [Int32] = []
  /// The same rules, each class counting alike: mean recall of the known classes, and the largest
  /// mean recall of the novel ones that a matching to novel ids can have.
  public private(set) var macroAll = 0.0
  public private(set) var macroKnown = 0.0
  public private(set) var macroNovel = 0.0
  /// Of the scores, if there are any; nil also if no sample is known, or none novel.
  public private(set) var auroc: Double?
  public private(set) var oscr: Double?

  public private(set) var knownCount = 0
  public private(set) var novelCount = 0
  /// Different ids among the labels; among the predictions (the estimated K); and among the
  /// predictions those that have at least `minimumShare` of the samples.
  public private(set) var labelIDs = 0
  public private(set) var predictedIDs = 0
  public private(set) var predictedNovelIDs = 0
  public private(set) var frequentIDs = 0
  public private(set) var frequentNovelIDs = 0

  /// counts[label * classes + predicted].
  public var confusion: [UInt32] { table.counts }

  private let table: ConfusionTable

  /// `score` may be empty. What labels and predictions mean is in `samples`.
  public init(
    label: Span<Int32>, predicted: Span<Int32>, score: Span<Float>, samples: EvaluationSamples,
    minimumShare: Double
  ) throws(LearningError) {
    try samples.check(label: label, predicted: predicted, score: score)
    try check(minimumShare, in: 0...1, "minimum_share")
    let (classes, split) = (samples.classes, samples.known)
    table = ConfusionTable(classes: classes, label: label, predicted: predicted)
    let whole = table.part(labels: 0..<classes, predictions: 0..<classes)
    let knownPart = table.part(labels: 0..<split, predictions: 0..<classes)
    let novelPart = table.part(labels: split..<classes, predictions: 0..<classes)
    knownCount = knownPart.total
    novelCount = novelPart.total
    setAll(whole, split)
    known = Agreement(hits: knownPart.equalHits, of: knownPart)
    novel = Agreement(hits: novelPart.mostHits, of: novelPart)
    let found = table.part(labels: split..<classes, predictions: split..<classes)
    setStrict(found, classes, split)
    let knownRecalls = knownPart.equalRecalls
    let novelRecalls = found.mostRecalls(sizes: novelPart)
    macroKnown = share(knownRecalls, of: knownPart.labels.count)
    macroNovel = share(novelRecalls, of: novelPart.labels.count)
    macroAll = share(knownRecalls + novelRecalls, of: whole.labels.count)
    labelIDs = whole.labels.count
    countIDs(whole, split, leastCount: minimumShare * Double(samples.count))
    if !score.isEmpty {
      let detection = Detection(score: score, label: label, predicted: predicted, known: split)
      (auroc, oscr) = (detection.auroc, detection.oscr)
    }
  }

  private mutating func setAll(_ whole: ConfusionTable, _ split: Int) {
    // Hits first; among equals, known ones: they are fewer than one more hit weighs.
    let unit = Double(whole.total + 1)
    let cells = whole.matching { row, column in
      let hits = Double(whole[row, column])
      return hits * unit + (whole.labels[row] < split ? hits : 0)
    }
    var (knownHits, novelHits) = (0, 0)
    for (row, column) in cells {
      if whole.labels[row] < split {
        knownHits += Int(whole[row, column])
      } else {
        novelHits += Int(whole[row, column])
      }
    }
    all = Agreement(hits: knownHits + novelHits, of: whole)
    jointKnown = share(Double(knownHits), of: knownCount)
    jointNovel = share(Double(novelHits), of: novelCount)
  }

  private mutating func setStrict(_ found: ConfusionTable, _ classes: Int, _ split: Int) {
    let cells = found.bestCells
    strictNovel = share(Double(found.hits(cells)), of: novelCount)
    match = (0..<classes).map { $0 < split ? Int32($0) : -1 }
    for (row, column) in cells where found[row, column] > 0 {
      match[found.labels[row]] = Int32(found.predictions[column])
    }
  }

  private mutating func countIDs(_ whole: ConfusionTable, _ split: Int, leastCount: Double) {
    for (id, total) in zip(whole.predictions, whole.columnTotals) {
      predictedIDs += 1
      predictedNovelIDs += id >= split ? 1 : 0
      guard Double(total) >= leastCount else { continue }
      frequentIDs += 1
      frequentNovelIDs += id >= split ? 1 : 0
    }
  }
}

private func share(_ part: Double, of count: Int) -> Double {
  count == 0 ? 0 : part / Double(count)
}
