/// How the output positions (rows) and panels of a convolution are cut into items: chunks of rows,
/// whose input should stay in the second-level cache while the panels go by, and, with few chunks,
/// groups of panels.
struct RowSharing: Sendable {
  /// Output positions.
  var rows: Int
  var panels: Int
  var rowsPerChunk: Int

  var chunks: Int { (rows + rowsPerChunk - 1) / rowsPerChunk }

  /// The rows of the largest chunk, at most.
  var mostRows: Int { min(rows, rowsPerChunk) }

  private func groups(_ work: Work) -> Int {
    // With few chunks, panels are shared out too; about four items a worker even out.
    guard work.workers > 1 else { return 1 }
    return min(panels, max(1, (4 * work.workers + chunks - 1) / chunks))
  }

  func items(_ work: Work) -> Int { chunks * groups(work) }

  func item(_ item: Int, _ work: Work) -> (rows: Range<Int>, panels: Range<Int>) {
    let groups = groups(work)
    return (
      share(rows, item / groups, of: chunks), share(panels, item % groups, of: groups)
    )
  }
}
