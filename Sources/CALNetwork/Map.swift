import CKernels

/// A square map of positions in an arena. In training there is one for each image of a batch, one
/// after the other.
struct Map: Sendable {
  var slot: SlotID
  let side: Int
  let channels: Int
  /// Floats from position to position.
  let stride: Int

  var positions: Int { side * side }
  /// Floats of an image.
  var count: Int { positions * stride }
  /// The channels that loops compute: whole vectors.
  var padded: Int { roundUp(channels, to: Int(CALK_CHANNELS)) }

  /// Of a filter of `kernel` x `kernel` taps and padding `kernel / 2`.
  func window(kernel: Int, step: Int = 1) -> calk_window {
    window(rows: kernel, columns: kernel, step: step, pad: (kernel / 2, kernel / 2))
  }

  func window(rows: Int, columns: Int, step: Int, pad: (y: Int, x: Int)) -> calk_window {
    calk_window(
      side: side, channels: channels, stride: stride, rows: rows, columns: columns, step: step,
      pad: pad)
  }
}
