/// CCR's curriculum: from the rows that are surest at the beginning to those that are least sure
/// at the end (docs/METHOD.md, "Objective").
enum Curriculum {
  /// The weight of each row, (1 - lambda) c + lambda (1 - c), with c a row's sureness, from 0 to 1,
  /// or its rank among those of the batch.
  static func weights(_ sureness: [Double], _ settings: ObjectiveSettings) -> [Double] {
    let lambda = settings.progress
    let confidences = settings.ccrIsRanked ? ranks(sureness) : sureness
    return confidences.map { (1 - lambda) * $0 + lambda * (1 - $0) }
  }

  /// For each value the share of the others that are smaller, equal ones counted half: from 0 to 1,
  /// with the mean 1/2 whatever the values are.
  private static func ranks(_ values: [Double]) -> [Double] {
    guard values.count > 1 else { return values.map { _ in 0.5 } }
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = values
    var first = 0
    while first < order.count {
      let equal = order[first...].prefix { values[$0] == values[order[first]] }
      let middle = Double(first + equal.endIndex - 1) / 2
      for row in equal { ranks[row] = middle / Double(values.count - 1) }
      first = equal.endIndex
    }
    return ranks
  }
}
