import CALLearning

/// Which of the images that arrived are of methods that no prototype stands for.
///
/// Probabilities do not tell. Softmax asks which prototype is nearest, not whether it is near, so
/// most images of a new method are explained, many of them with certainty. But they arrive, and are
/// not among a prototype's references: a centre that takes a part of the images that arrived for a
/// prototype, and not as large a part of its references, takes images that are not its own. A
/// centre in a corner of a prototype's own cloud takes as much of both.
///
/// So centres are tried that begin in every part of what arrived, move to the mean of what they take,
/// and are kept, the best one first, while most of what they take is more than references account for.
/// One half of what arrived moves them, the other half is counted: a centre lies nearer to the images
/// that it was made from than to any others, references too, and in hundreds of dimensions far nearer.
struct Strangers {
  /// An image that arrived, for so many that are not kept.
  struct Candidate {
    let feature: [Float]
    let weight: Double
  }

  /// Of the candidates, rising.
  private(set) var images: [Int] = []
  /// Which centre took each of them; centres are numbered from 0 on, and each has images.
  private(set) var centres: [Int] = []

  /// How much larger a new centre's cosine must be than any prototype's.
  static let margin: Float = 0.05
  /// Share of a centre's images, at least, that references do not account for.
  static let purity = 0.6
  static let rounds = 6
  static let centreLimit = 32
  /// Of one prototype.
  private static let referenceLimit = 256

  let rows: FloatRows
  /// Rows that move centres, by place, which is by a hash of the image; the others are counted.
  let movers: [Int]
  let counted: [Int]
  let movingRows: FloatRows
  let countedRows: FloatRows
  let weights: [Double]
  let references: FloatRows
  let prototypes: Int
  let founders: Int
  /// The largest cosine with a centre there is, and which centre: prototypes, then strangers'.
  var best: [Float]
  var owner: [Int]
  var referenceBest: [Float]
  let referenceOwner: [Int]
  /// What arrived for each prototype, by weight, in the half that is counted; and its references.
  var arrived: [Double]
  let referenceCount: [Int]
  /// Centres of strangers.
  var taken = 0

  /// `explained` is the number of images that arrived for a prototype and are no candidates.
  init(
    _ candidates: [Candidate], _ references: References, explained: [UInt64: Double], width: Int,
    founders: Int
  ) {
    let parts = references.parts.map { Array($0.features.prefix(Strangers.referenceLimit)) }
    let centre = Strangers.centre(parts, width)
    rows = Strangers.directions(candidates.map(\.feature), centre)
    weights = candidates.map(\.weight)
    self.references = Strangers.directions(parts.flatMap { $0 }, centre)
    self.founders = founders
    movers = (0..<rows.count).filter { Separation.half($0) == 0 }
    counted = (0..<rows.count).filter { Separation.half($0) == 1 }
    movingRows = rows.picking(movers)
    countedRows = rows.picking(counted)
    prototypes = parts.count
    let classes = parts.indices.flatMap { part in parts[part].map { _ in part } }
    let means = Strangers.means(self.references, classes, prototypes)
    (best, owner) = Strangers.nearest(rows, means)
    (referenceBest, referenceOwner) = Strangers.nearest(self.references, means, classes)
    var counts = Array(repeating: 0, count: parts.count)
    for part in referenceOwner { counts[part] += 1 }
    referenceCount = counts
    arrived = references.parts.map { (explained[$0.id] ?? 0) / 2 }
    guard prototypes > 0, rows.count >= founders else { return }
    for row in counted { arrived[owner[row]] += weights[row] }
    find()
    images = owner.indices.filter { owner[$0] >= prototypes }
    // Later centres may have taken all that an earlier one had.
    var numbers: [Int: Int] = [:]
    for centre in Set(images.map { owner[$0] }).sorted() { numbers[centre] = numbers.count }
    centres = images.compactMap { numbers[owner[$0]] }
  }

  /// What all prototypes' references have in common says nothing.
  private static func centre(_ parts: [[[Float]]], _ width: Int) -> [Float] {
    let means = parts.compactMap(meanDirection)
    return (0..<width).map { f in
      means.reduce(0) { $0 + $1[f] } / Float(max(means.count, 1))
    }
  }

  private static func directions(_ features: [[Float]], _ centre: [Float]) -> FloatRows {
    var rows = FloatRows(width: centre.count)
    var direction = FloatRows(width: centre.count)
    for feature in features { direction.append(direction: feature) }
    for row in 0..<direction.count { rows.append(direction: zip(direction[row], centre).map(-)) }
    return rows
  }
}

extension Strangers {
  /// The mean of a class's rows.
  struct Mean {
    let direction: [Float]
    let length: Double
    let count: Int

    init(_ sum: RowSum, width: Int) {
      let mean = sum.mean ?? Array(repeating: 0, count: width)
      var rows = FloatRows(width: width)
      rows.append(direction: mean)
      direction = rows[0]
      length = CALUpdate.length(mean)
      count = sum.count
    }

    /// The cosine of one of the rows with the mean of the others, from its cosine with this one.
    func leavingOut(_ cosine: Float) -> Float {
      Strangers.leaveOneOut(Double(cosine) * length, length, count)
    }
  }

  private static func means(_ rows: FloatRows, _ classes: [Int], _ count: Int) -> [Mean] {
    var sums = Array(repeating: RowSum(width: rows.width), count: count)
    for row in 0..<rows.count { sums[classes[row]].add(row, of: rows) }
    return sums.map { Mean($0, width: rows.width) }
  }

  /// The largest cosine of each row with a mean, and the first that has it. Rows that a mean is made of
  /// are `own` to it: with themselves in it they would be nearer to it than images that arrive.
  private static func nearest(
    _ rows: FloatRows, _ means: [Mean], _ own: [Int] = []
  ) -> ([Float], [Int]) {
    let directions = FloatRows(means.map(\.direction))
    var best: [Float] = []
    var owner: [Int] = []
    for block in rows.blocks where !means.isEmpty {
      let cosines = rows.products(block, directions)
      for row in block {
        var (top, value) = (0, -Float.infinity)
        for (i, mean) in means.enumerated() {
          var cosine = cosines[(row - block.lowerBound) * means.count + i]
          if !own.isEmpty && own[row] == i { cosine = mean.leavingOut(cosine) }
          if cosine > value { (top, value) = (i, cosine) }
        }
        best.append(value)
        owner.append(top)
      }
    }
    return (best, owner)
  }

  /// The cosine of a row of length 1 with the mean of a group's other rows, from its product with
  /// the mean of all `count`.
  private static func leaveOneOut(_ product: Double, _ length: Double, _ count: Int) -> Float {
    let n = Double(count)
    let square = n * n * length * length - 2 * n * product + 1
    return square > 1e-9 ? Float((n * product - 1) / square.squareRoot()) : -1
  }
}
