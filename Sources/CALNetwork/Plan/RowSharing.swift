/// How the output positions (rows) and panels of a convolution are cut into items: chunks of rows,
/// whose input should stay in the second-level cache while the panels go by, and, with few chunks,
/// groups of panels.
struct RowSharing: Sendable {
  /// Output positions.
  var rows: Int
  var panels: Int
  var rowsPerChunk: Int

  var chunks: Int { pieces(rows, of: rowsPerChunk) }

  /// The rows of the largest chunk, at most.
  var mostRows: Int { min(rows, rowsPerChunk) }

  private func groups(_ work: Work) -> Int { work.groups(ofPanels: panels, chunks: chunks) }

  func items(_ work: Work) -> Int { chunks * groups(work) }

  func item(_ item: Int, _ work: Work) -> (rows: Range<Int>, panels: Range<Int>) {
    let groups = groups(work)
    return (
      share(rows, item / groups, of: chunks), share(panels, item % groups, of: groups)
    )
  }
}

extension Work {
  /// In how many groups the panels are shared out, for each of so many chunks. With few chunks there
  /// are several: about four items a worker even out, and their number is one that workers share
  /// evenly, because at the end of a step all wait for the last.
  func groups(ofPanels panels: Int, chunks: Int) -> Int {
    guard workers > 1 else { return 1 }
    var groups = max(1, pieces(4 * workers, of: chunks))
    while chunks * groups % workers != 0 { groups += 1 }
    return min(panels, groups)
  }
}
