#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The objective of CAL for one batch (docs/METHOD.md, "Objective"): every loss term, and from
/// it the gradients with respect to the logits of both views.
///
/// Sums are in double precision and in row order, so the same batch gives the same bits.
public struct Objective: Sendable {
  /// Means over the rows that a term is about; 0 if there are none.
  public struct Terms: Sendable, Equatable {
    public fileprivate(set) var supervised = 0.0
    public fileprivate(set) var regulariser = 0.0
    public fileprivate(set) var ccr = 0.0
    public fileprivate(set) var acr = 0.0
    public fileprivate(set) var total = 0.0
    /// Unlabelled rows whose prediction became a label.
    public fileprivate(set) var acrSelected = 0
    public fileprivate(set) var confidence = Confidence()
  }

  /// What a row's gradients need to know of it.
  struct Row: Sendable {
    /// The class of a labelled row; -1: unlabelled.
    var target = -1
    /// The class that ACR takes for the row's label, given or found; -1: none.
    var pseudoLabel = -1
    /// What the curriculum goes by.
    var sureness = 0.0
    /// CCR's cross entropy, and w, its weight.
    var consistency = 0.0
    var ccrWeight = 0.0
  }

  public private(set) var terms = Terms()
  let batch: ObjectiveBatch
  let settings: ObjectiveSettings
  private(set) var rows: [Row]
  private(set) var labelled = 0
  /// log of the mean probability of each class over both views; 0 for a class whose mean is 0,
  /// which contributes nothing.
  private(set) var logMean: [Double]

  /// `weak` and `strong` have batch.rows x batch.classes logits, `tags` and `targets` one number
  /// per row; `targets` may be empty if no row is labelled.
  public init(
    weak: Span<Float>, strong: Span<Float>, tags: Span<Int32>, targets: Span<Int32>,
    batch: ObjectiveBatch, settings: ObjectiveSettings
  ) throws(LearningError) {
    try settings.check()
    try batch.check()
    try checkMatrix(weak, rows: batch.rows, columns: batch.classes, "weak")
    try checkMatrix(strong, rows: batch.rows, columns: batch.classes, "strong")
    self.batch = batch
    self.settings = settings
    rows = try batch.rows(tags: tags, targets: targets)
    logMean = Array(repeating: 0, count: batch.classes)
    accumulate(weak, strong)
    weighConsistency()
    finish()
  }

  /// Sums of all terms over the rows; `logMean` holds the sum of probabilities.
  private mutating func accumulate(_ weak: Span<Float>, _ strong: Span<Float>) {
    var pair = ViewPair(classes: batch.classes, settings: settings)
    for i in rows.indices {
      pair.read(weak: weak, strong: strong, row: i)
      for c in logMean.indices {
        logMean[c] += pair.weak.probabilities[c] + pair.strong.probabilities[c]
      }
      if rows[i].target >= 0 {
        labelled += 1
        terms.supervised -= pair.weak.logProbabilities[rows[i].target]
        terms.supervised -= pair.strong.logProbabilities[rows[i].target]
      } else {
        if rows[i].pseudoLabel < 0 && settings.acrIsOn && pair.isSelected(known: batch.known) {
          rows[i].pseudoLabel = pair.weak.top
        }
        if rows[i].pseudoLabel >= 0 {
          terms.acrSelected += 1
          terms.acr += pair.reinforcement(of: rows[i].pseudoLabel)
        }
      }
      rows[i].sureness = pair.sureness
      rows[i].consistency = pair.consistency
      if pair.weak.top == pair.strong.top {
        terms.confidence.add(
          pair.measured.topProbability, isKnown: pair.weak.top < batch.known)
      }
    }
  }

  private mutating func weighConsistency() {
    for (i, weight) in Curriculum.weights(rows.map(\.sureness), settings).enumerated() {
      rows[i].ccrWeight = weight
      terms.ccr += weight * rows[i].consistency
    }
  }

  /// From sums to means.
  private mutating func finish() {
    let views = Double(2 * batch.rows)
    if labelled > 0 { terms.supervised /= Double(2 * labelled) }
    if terms.acrSelected > 0 { terms.acr /= Double(terms.acrSelected) }
    terms.ccr /= Double(batch.rows)
    // (log C - entropy) / 2. p log p goes to 0 with p.
    var negativeEntropy = 0.0
    for c in logMean.indices {
      let mean = logMean[c] / views
      logMean[c] = mean > 0 ? log(mean) : 0
      negativeEntropy += mean * logMean[c]
    }
    terms.regulariser = (log(Double(batch.classes)) + negativeEntropy) / 2
    terms.total =
      terms.supervised + terms.regulariser + terms.acr + settings.ccrWeight * terms.ccr
  }
}
