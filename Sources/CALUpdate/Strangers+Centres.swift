import CALLearning

extension Strangers {
  /// A centre, and the movers that it takes.
  private struct Centre {
    var members: [Int]
    var direction: [Float] = []
    var isSettled = false
    /// By how much it is nearer to what it takes, as far as that is more than references account for.
    var gain = 0.0
  }

  /// Movers of a centre: half of its founders.
  private var leastMembers: Int { max(founders / 2, 2) }

  mutating func find() {
    let (groups, count) = Discovery.cut(movingRows, founders: leastMembers)
    var begin = Array(repeating: [Int](), count: count)
    for (row, group) in zip(movers, groups) { begin[group].append(row) }
    for _ in 0..<Strangers.centreLimit {
      // From the beginning each time: a centre that took two methods hides both.
      var centres = begin.map { Centre(members: $0) }
      for _ in 0..<Strangers.rounds {
        move(&centres)
        centres.removeAll { $0.members.count < leastMembers }
        if centres.allSatisfy(\.isSettled) { break }
      }
      weigh(&centres)
      guard let next = centres.max(by: { $0.gain < $1.gain }), next.gain > 0 else { return }
      take(next.direction)
    }
  }

  /// To the mean of what they take; then they take what is nearer to them than to all others there
  /// are, by the margin. An image is held against the mean of the others that are with it.
  private func move(_ centres: inout [Centre]) {
    let moving = centres.indices.filter { !centres[$0].isSettled }
    let means = moving.map { index in
      var sum = RowSum(width: rows.width)
      for row in centres[index].members { sum.add(row, of: rows) }
      return Mean(sum, width: rows.width)
    }
    var isMember = Array(repeating: false, count: rows.count * moving.count)
    for (i, index) in moving.enumerated() {
      for row in centres[index].members { isMember[row * moving.count + i] = true }
    }
    let directions = FloatRows(means.map(\.direction))
    var taken = Array(repeating: [Int](), count: moving.count)
    for block in movingRows.blocks {
      let cosines = movingRows.products(block, directions)
      for place in block {
        let row = movers[place]
        let least = best[row] + Strangers.margin
        for (i, mean) in means.enumerated() {
          var cosine = cosines[(place - block.lowerBound) * moving.count + i]
          if cosine <= least { continue }
          if isMember[row * moving.count + i] { cosine = mean.leavingOut(cosine) }
          if cosine > least { taken[i].append(row) }
        }
      }
    }
    for (i, index) in moving.enumerated() {
      centres[index].isSettled = taken[i] == centres[index].members
      centres[index].members = taken[i]
      centres[index].direction = means[i].direction
    }
  }

  private func weigh(_ centres: inout [Centre]) {
    guard !centres.isEmpty else { return }
    let directions = FloatRows(centres.map(\.direction))
    let cosines = countedRows.products(0..<countedRows.count, directions)
    let ofReferences = references.products(0..<references.count, directions)
    for c in centres.indices {
      func nearer(_ place: Int) -> Float {
        cosines[place * centres.count + c] - best[counted[place]]
      }
      let places = counted.indices.filter {
        cosines[$0 * centres.count + c] > best[counted[$0]] + Strangers.margin
      }
      let members = places.map { counted[$0] }
      var lost = Array(repeating: 0, count: prototypes)
      for row in 0..<references.count
      where ofReferences[row * centres.count + c] > referenceBest[row] + Strangers.margin {
        lost[referenceOwner[row]] += 1
      }
      let expected = accounted(lost, Set(members.map { owner[$0] }))
      let all = members.reduce(0) { $0 + weights[$1] }
      let share = all > 0 ? 1 - expected / all : 0
      let isNew =
        share >= Strangers.purity && 2 * share * Double(members.count) >= Double(founders)
      centres[c].gain = isNew ? share * places.reduce(0) { $0 + Double(nearer($1)) } : 0
    }
  }

  /// How much of what arrived for `owners` references account for, at most, if a centre takes so many
  /// of them: one and a half standard deviations above what their number says, because they are few.
  private func accounted(_ lost: [Int], _ owners: Set<Int>) -> Double {
    var (sum, variance) = (0.0, 0.0)
    // In order: a sum's bits are not to depend on a set's.
    for own in owners.sorted() where own < prototypes {
      let weight = arrived[own] / Double(max(referenceCount[own], 1))
      sum += weight * Double(lost[own])
      variance += weight * weight * Double(lost[own] + 1)
    }
    return sum + 1.5 * variance.squareRoot()
  }

  private mutating func take(_ direction: [Float]) {
    let centre = FloatRows([direction])
    let ofRows = rows.products(0..<rows.count, centre)
    for row in 0..<rows.count where ofRows[row] > best[row] {
      if owner[row] < prototypes && Separation.half(row) == 1 {
        arrived[owner[row]] -= weights[row]
      }
      best[row] = ofRows[row]
      owner[row] = prototypes + taken
    }
    taken += 1
    let ofReferences = references.products(0..<references.count, centre)
    for row in 0..<references.count {
      referenceBest[row] = max(referenceBest[row], ofReferences[row])
    }
  }
}
