import CKernels

/// Mean and standard deviation of every channel of a map, over its positions.
struct StatisticsStep: Sendable {
  var map: Map
  /// Means of all channels, then their deviations, from `first` on.
  var output: SlotID
  var first: Int

  private static let channelsPerItem = 256
  private var padded: Int { roundUp(map.channels, to: Int(CALK_CHANNELS)) }
  var items: Int { (padded + StatisticsStep.channelsPerItem - 1) / StatisticsStep.channelsPerItem }

  func run(_ item: Int, _ work: Work) {
    let begin = item * StatisticsStep.channelsPerItem
    let end = min(begin + StatisticsStep.channelsPerItem, padded)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * (end - begin)) { sums in
      guard let sum = sums.baseAddress else { return }
      sums.initialize(repeating: 0)
      let square = sum + (end - begin)
      let values = UnsafePointer(work.slot(map.slot)) + begin
      var rows = calk_norm_rows(
        rows: Int32(map.positions), stride: Int32(map.stride), channels: Int32(end - begin))
      // Sums of differences from the first position: those of the values would cancel.
      work.kernels.pointee.norm_sums(&rows, values, values, sum, square)
      let means = work.slot(output) + first
      for c in begin..<min(end, map.channels) {
        let mean = sum[c - begin] / Double(map.positions)
        let variance = square[c - begin] / Double(map.positions) - mean * mean
        means[c] = Float(Double(values[c - begin]) + mean)
        means[map.channels + c] = Float(max(variance, 0).squareRoot())
      }
    }
  }
}
