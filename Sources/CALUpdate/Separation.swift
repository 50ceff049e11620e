import CALLearning

/// Whether groups of rows are different methods, or parts of one cloud that was cut.
///
/// Two groups are compared along the line between their means: how far apart the means are there,
/// in units of the groups' spread. Cutting one normal cloud in two gives 2.7, a uniform one 3.5,
/// and clouds that have a gap between them more. In thousands of dimensions any two handfuls of
/// rows are far apart along a line that they themselves have set, so each row is measured on the
/// line that the other half of the rows have set: then two handfuls out of one cloud come to 0.
struct Separation {
  /// Half of the rows that a row belongs to: by place, which is by a hash of the image.
  static func half(_ row: Int) -> Int { row & 1 }

  private let rows: FloatRows
  /// Rows of each group.
  private(set) var members: [[Int]]
  /// How many of them are in each half.
  private var counts: [[Int]]
  /// Each row times the mean of each group's rows of the other half: rows x groups.
  private var scores: [Double]
  /// Of the means of each two groups in the same half, groups x groups.
  private var products: [[Double]]
  private let groups: Int

  /// `group` says to which of `groups` groups each row belongs.
  init(_ rows: FloatRows, group: [Int], groups: Int) {
    self.rows = rows
    self.groups = groups
    members = Array(repeating: [], count: groups)
    for (row, g) in group.enumerated() { members[g].append(row) }
    counts = Array(repeating: [0, 0], count: groups)
    var sums = Array(repeating: RowSum(width: rows.width), count: 2 * groups)
    for row in 0..<rows.count {
      sums[2 * group[row] + Separation.half(row)].add(row, of: rows)
      counts[group[row]][Separation.half(row)] += 1
    }
    let means = (0..<2).map { half in
      let none = Array(repeating: Float(0), count: rows.width)
      return FloatRows((0..<groups).map { sums[2 * $0 + half].mean ?? none })
    }
    scores = Array(repeating: 0, count: rows.count * groups)
    for block in rows.blocks {
      for half in 0..<2 {
        let own = block.filter { Separation.half($0) == half }
        let part = rows.picking(own).products(0..<own.count, means[1 - half])
        for (i, row) in own.enumerated() {
          for g in 0..<groups { scores[row * groups + g] = Double(part[i * groups + g]) }
        }
      }
    }
    products = means.map { $0.products(0..<groups, $0).map(Double.init) }
  }

  /// Whether a group has enough rows in both halves to be compared.
  func isMeasurable(_ g: Int) -> Bool { counts[g].allSatisfy { $0 >= 2 } }

  /// The cosine of the group's two half means: near 0 for rows that have nothing in common.
  func coherence(_ g: Int) -> Double {
    // Rows of one half times the mean of the other one, averaged, are the product of the means.
    var sum = 0.0
    for row in members[g] where Separation.half(row) == 0 {
      sum += scores[row * groups + g]
    }
    let lengths = (products[0][g * groups + g] * products[1][g * groups + g]).squareRoot()
    return lengths > 0 && counts[g][0] > 0 ? sum / Double(counts[g][0]) / lengths : 0
  }

  /// nil if one of the groups cannot be measured.
  func distance(_ a: Int, _ b: Int) -> Double? {
    guard isMeasurable(a), isMeasurable(b) else { return nil }
    let lengths = (0..<2).map { half in
      let square =
        products[half][a * groups + a] + products[half][b * groups + b]
        - 2 * products[half][a * groups + b]
      return max(square, 0).squareRoot()
    }
    guard lengths[0] > 0, lengths[1] > 0 else { return 0 }
    var (onA, onB) = (Moments(), Moments())
    func place(_ row: Int) -> Double {
      (scores[row * groups + a] - scores[row * groups + b]) / lengths[1 - Separation.half(row)]
    }
    for row in members[a] { onA.add(place(row)) }
    for row in members[b] { onB.add(place(row)) }
    let spread = ((onA.variance + onB.variance) / 2).squareRoot()
    return (onA.mean - onB.mean) / max(spread, 1e-9)
  }

  /// Makes group `b` part of group `a`.
  mutating func merge(_ b: Int, into a: Int) {
    func share(_ half: Int) -> (Double, Double) {
      let total = Double(max(counts[a][half] + counts[b][half], 1))
      return (Double(counts[a][half]) / total, Double(counts[b][half]) / total)
    }
    for row in 0..<rows.count {
      let (ofA, ofB) = share(1 - Separation.half(row))
      let start = row * groups
      scores[start + a] = ofA * scores[start + a] + ofB * scores[start + b]
    }
    members[a] = (members[a] + members[b]).sorted()
    members[b] = []
    for half in 0..<2 {
      let (ofA, ofB) = share(half)
      let own =
        ofA * ofA * products[half][a * groups + a] + ofB * ofB * products[half][b * groups + b]
        + 2 * ofA * ofB * products[half][a * groups + b]
      for g in 0..<groups where g != a {
        let mixed =
          ofA * products[half][a * groups + g] + ofB * products[half][b * groups + g]
        products[half][a * groups + g] = mixed
        products[half][g * groups + a] = mixed
      }
      products[half][a * groups + a] = own
      counts[a][half] += counts[b][half]
      counts[b][half] = 0
    }
  }
}

/// Mean and variance of numbers, one after the other (B. P. Welford, Technometrics 4, 1962).
struct Moments {
  private(set) var count = 0
  private(set) var mean = 0.0
  private var squares = 0.0

  mutating func add(_ value: Double) {
    count += 1
    let difference = value - mean
    mean += difference / Double(count)
    squares += difference * (value - mean)
  }

  var variance: Double { count > 1 ? squares / Double(count - 1) : 0 }
}
