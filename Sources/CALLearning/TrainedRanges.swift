/// Which numbers of a flat vector of parameters are trained. The others are frozen: the optimiser
/// leaves them and their moments as they are, weight decay included, as PyTorch does with
/// parameters that have no gradient.
public struct TrainedRanges: Sendable, Equatable {
  /// Length of the whole vector.
  public let count: Int
  /// Rising, apart from each other, none empty.
  public let ranges: [Range<Int>]

  /// `frozen` may be in any order, and overlap.
  public init(count: Int, frozen: [Range<Int>] = []) throws(LearningError) {
    try check(count, in: 0...LearningLimit.parameters, "number of parameters")
    for range in frozen where range.lowerBound < 0 || range.upperBound > count {
      throw LearningError("frozen range \(range) is not within 0..<\(count)")
    }
    var ranges: [Range<Int>] = []
    var start = 0
    for range in frozen.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      if start < range.lowerBound { ranges.append(start..<range.lowerBound) }
      start = max(start, range.upperBound)
    }
    if start < count { ranges.append(start..<count) }
    self.init(count: count, ranges: ranges)
  }

  private init(count: Int, ranges: [Range<Int>]) {
    self.count = count
    self.ranges = ranges
  }

  /// The same for a piece of the vector, counted from the piece's beginning: pieces can be
  /// updated by several threads.
  public func piece(_ bounds: Range<Int>) -> TrainedRanges {
    let bounds = bounds.clamped(to: 0..<count)
    let pieces = ranges.map { $0.clamped(to: bounds) }.filter { !$0.isEmpty }
    return TrainedRanges(
      count: bounds.count,
      ranges: pieces.map {
        $0.lowerBound - bounds.lowerBound..<$0.upperBound - bounds.lowerBound
      })
  }
}
