extension Bank {
  /// Puts the rows in order of their logits, best first, the lower id first among equals:
  /// afterwards order[0] to order[top - 1] are the best `top` rows (all, if there are fewer),
  /// and the rest of `order`, which is scratch, holds the others. Probability rises with the
  /// logit, so this is their order too. The lengths must be `active.count`; else false.
  ///
  /// A heap sort that stops after `top`: O(rows + top log rows), no allocation.
  public func rank(
    _ logits: Span<Float>, top: Int, into order: inout MutableSpan<Int32>
  ) -> Bool {
    let rows = active.count
    guard logits.count == rows, order.count == rows else { return false }
    for row in 0..<rows { order[row] = Int32(row) }
    for node in stride(from: rows / 2 - 1, through: 0, by: -1) {
      sift(node, &order, below: rows, logits)
    }
    // Best at the root each time: move it behind the heap.
    let wanted = min(max(top, 0), rows)
    for size in stride(from: rows - 1, to: rows - 1 - wanted, by: -1) {
      order.swapAt(0, size)
      sift(0, &order, below: size, logits)
    }
    // They stand at the end, best last.
    for i in 0..<rows / 2 { order.swapAt(i, rows - 1 - i) }
    return true
  }

  /// The row that `rank` puts first. `logits` must not be empty.
  package func best(_ logits: Span<Float>) -> Int {
    var best = 0
    for row in 1..<max(logits.count, 1) where isBetter(Int32(row), Int32(best), logits) {
      best = row
    }
    return best
  }

  /// Restores the heap order[..<size], whose root is the best, below `node`.
  private func sift(
    _ node: Int, _ order: inout MutableSpan<Int32>, below size: Int, _ logits: Span<Float>
  ) {
    var node = node
    while 2 * node + 1 < size {
      var child = 2 * node + 1
      if child + 1 < size && isBetter(order[child + 1], order[child], logits) { child += 1 }
      guard isBetter(order[child], order[node], logits) else { return }
      order.swapAt(node, child)
      node = child
    }
  }

  private func isBetter(_ a: Int32, _ b: Int32, _ logits: Span<Float>) -> Bool {
    let (a, b) = (Int(a), Int(b))
    if logits[a] != logits[b] { return logits[a] > logits[b] }
    return prototypes[active[a]].id < prototypes[active[b]].id
  }
}
