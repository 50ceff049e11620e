/// What dynamic prototype pruning (DPP) decides for one bank: which novel prototypes stay, and
/// which of them takes over each one that goes (docs/METHOD.md, "Pruning").
public struct Pruning: Sendable {
  public struct Settings: Sendable, Equatable {
    public var recipe = Recipe.default
    /// The share of the novel prototypes' usage that the rows before the tail hold.
    public var coverage = 0.9544

    public init() {}
  }

  public let settings: Settings
  /// The old row of each row that is left, the known ones first. A caller's other per-row state,
  /// such as an optimiser's moments, moves likewise: new[i] = old[kept[i]].
  public let kept: [Int]
  /// For each old row, the old row that took it over; its own for a row that stays.
  public let mergedInto: [Int]
  let bank: PrototypeRows

  /// `prototypes` has bank.rows x bank.features numbers, `usage` one count of images per row.
  public init(
    prototypes: Span<Float>, usage: Span<UInt64>, bank: PrototypeRows, settings: Settings
  ) throws(LearningError) {
    try bank.check()
    try check(settings.coverage, in: 1e-6...1, "coverage")
    try checkMatrix(prototypes, rows: bank.rows, columns: bank.features, "prototypes")
    guard usage.count == bank.rows else {
      throw LearningError("usage has \(usage.count) numbers, not \(bank.rows)")
    }
    self.bank = bank
    self.settings = settings
    let ranked = Pruning.rank(usage, from: bank.known)
    let stay = UsageTail(ranked.map { Double(usage[$0]) }, settings).keepCount
    let anchors = Array(ranked[..<stay])
    kept = Array(0..<bank.known) + (settings.recipe == .paper ? anchors : anchors.sorted())
    var mergedInto = Array(0..<bank.rows)
    let norms = bank.norms(prototypes)
    for row in ranked[stay...] {
      mergedInto[row] = bank.nearest(to: row, among: anchors, prototypes, norms)
    }
    self.mergedInto = mergedInto
  }

  /// The rows from `first` on by falling usage, the lower row first among equals.
  private static func rank(_ usage: Span<UInt64>, from first: Int) -> [Int] {
    let keyed = (first..<usage.count).map { (row: $0, usage: usage[$0]) }
    return keyed.sorted { ($1.usage, $0.row) < ($0.usage, $1.row) }.map(\.row)
  }
}
