/// Where a bank's novel prototypes, by falling usage, stop being methods.
struct UsageTail {
  private let usage: [Double]
  private let recipe: Recipe
  /// The row with which `coverage` is reached. The tail begins here.
  private let first: Int

  init(_ usage: [Double], _ settings: Pruning.Settings) {
    self.usage = usage
    recipe = settings.recipe
    let total = usage.reduce(0, +)
    var first = 0
    var covered = usage.first ?? 0
    while covered / total < settings.coverage && first + 1 < usage.count {
      first += 1
      covered += usage[first]
    }
    self.first = first
  }

  /// How many of the rows stay; all of them if none is used.
  var keepCount: Int {
    guard usage.contains(where: { $0 > 0 }) else { return usage.count }
    return recipe == .paper ? published : steepest
  }

  /// Rows of the tail stay while they are used at least as much as the tail on average, or fall off
  /// from their predecessor by at least the tail's average step.
  private var published: Int {
    let tail = usage[first...]
    let mean = tail.reduce(0, +) / Double(tail.count)
    // Steps down, one less than there are rows: their sum telescopes.
    let step = (usage[first] - usage[usage.count - 1]) / Double(max(tail.count - 1, 1))
    // The tail's first row is its most used one, and so never below the mean.
    var keep = first + 1
    while keep < usage.count, usage[keep] >= mean || usage[keep - 1] - usage[keep] >= step {
      keep += 1
    }
    return keep
  }

  /// The rows before the tail's steepest fall by ratio, one image added to both sides, so that a few
  /// images beside none are no steep fall; behind the last row usage falls to 0. Of equal falls the
  /// last. The row with which coverage is reached stays. (The published rule stops behind steep
  /// falls, so it keeps an unused row, and what is used by chance where methods differ in size, and
  /// loses small methods.)
  private var steepest: Int {
    func fall(_ row: Int) -> Double {
      (usage[row - 1] + 1) / ((row < usage.count ? usage[row] : 0) + 1)
    }
    return (first + 1...usage.count).reduce(first + 1) { best, row in
      fall(row) >= fall(best) ? row : best
    }
  }
}
