import CKernels

/// Square roots of the mean and of the standard deviation of every channel of a map that is behind
/// a ReLU, over its positions. The roots, because such numbers are nearer to normal ones than the
/// numbers themselves, whose spread grows with them.
struct StatisticsStep: Sendable {
  var map: Map
  /// Those of the means of all channels, then those of their deviations, from `first` on.
  var output: SlotID
  var first: Int

  private static let channelsPerItem = 256
  private var padded: Int { map.padded }
  var items: Int { pieces(padded, of: StatisticsStep.channelsPerItem) }

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
      let roots = work.slot(output) + first
      for c in begin..<min(end, map.channels) {
        let mean = sum[c - begin] / Double(map.positions)
        let variance = square[c - begin] / Double(map.positions) - mean * mean
        let root = max(Double(values[c - begin]) + mean, 0).squareRoot()
        roots[c] = Float(root)
        roots[map.channels + c] = Float(max(variance, 0).squareRoot().squareRoot())
      }
    }
  }
}
