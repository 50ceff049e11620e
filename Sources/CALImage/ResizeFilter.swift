import CKernels

/// The weights of one pass of Pillow's bilinear resize: which source pixels make each output
/// pixel, and how much of each. Memory is there from the start, for sources of any length.
struct ResizeFilter: Sendable {
  /// One row or column, from before the pass to behind it.
  struct Line: Equatable {
    /// Pixels before, at most `ImageLayout.longestSide`, and after.
    let source, outputs: Int
    /// The result is that of the source from its other end.
    let isMirrored: Bool

    /// The filter is a triangle that reaches so many source pixels to both sides: one pixel of
    /// source or result, whichever is larger.
    var support: Double { max(Double(source) / Double(outputs), 1) }

    /// No window is longer than this.
    var longestWindow: Int { min(source, 2 * Int(support + 1) + 1) }

    /// Weights stored per output.
    var taps: Int { roundUp(longestWindow, CALK_RESIZE_BLOCK) }

    /// Whose weights take the most room.
    static func longest(outputs: Int) -> Line {
      Line(source: ImageLayout.longestSide, outputs: outputs, isMirrored: false)
    }
  }

  /// What the weights are for; nil before the first `prepare`.
  private var line: Line?
  private var outputs: Int { line?.outputs ?? 0 }
  /// Weights stored per output, see `calk_resize_filter`.
  private(set) var taps = 0
  /// The longest window.
  private(set) var longest = 0
  private(set) var windows: [calk_resize_window]
  private(set) var weights: [Int16]
  /// Of one output, before they are rounded.
  private var exact: [Double]

  /// With memory for any number of outputs in the range.
  init(outputs: ClosedRange<Int>) {
    let most = outputs.reduce(0) { max($0, $1 * 2 * Line.longest(outputs: $1).taps) }
    windows = Array(
      repeating: calk_resize_window(first: 0, count: 0), count: outputs.upperBound)
    weights = Array(repeating: 0, count: most)
    exact = Array(repeating: 0, count: Line.longest(outputs: outputs.lowerBound).longestWindow)
  }

  /// Computes the weights, unless they are here already.
  mutating func prepare(_ line: Line) {
    guard line != self.line else { return }
    self.line = line
    taps = line.taps
    longest = 0

    let scale = Double(line.source) / Double(line.outputs)
    let support = line.support
    for output in 0..<line.outputs {
      let centre = (Double(output) + 0.5) * scale
      let first = max(Int(centre - support + 0.5), 0)
      let count = min(Int(centre + support + 0.5), line.source) - first
      let sum = weigh(first..<first + count, around: centre, support)
      store(output, count, sum, isReversed: line.isMirrored)
      // Weights are mirrored, not pixels: it costs nothing, and is exact.
      let start = line.isMirrored ? line.source - first - count : first
      windows[output] = calk_resize_window(first: Int32(start), count: Int32(count))
      longest = max(longest, count)
    }
  }

  /// The source pixel behind the last one of a window.
  func end(of output: Int) -> Int {
    Int(windows[output].first) + Int(windows[output].count)
  }

  /// The weights as the kernels take them.
  func withKernelView(_ body: (calk_resize_filter) -> Void) {
    windows.withUnsafeBufferPointer { windows in
      weights.withUnsafeBufferPointer { weights in
        body(
          calk_resize_filter(
            windows: windows.baseAddress, weights: weights.baseAddress, outputs: outputs,
            taps: taps))
      }
    }
  }

  /// Weights of some source pixels; returns their sum. The order of operations is Pillow's, as
  /// the last bit can decide how a weight is rounded.
  private mutating func weigh(
    _ pixels: Range<Int>, around centre: Double, _ support: Double
  ) -> Double {
    let perPixel = 1 / support
    var sum = 0.0
    for pixel in pixels {
      let weight = max(1 - abs((Double(pixel) - centre + 0.5) * perPixel), 0)
      exact[pixel - pixels.lowerBound] = weight
      sum += weight
    }
    return sum
  }

  /// Scales the weights to a sum of 1, rounds them to fixed point and splits them in two.
  private mutating func store(_ output: Int, _ count: Int, _ sum: Double, isReversed: Bool) {
    let one = Double(1 << CALK_RESIZE_PRECISION)
    let lowMask: Int32 = (1 << CALK_RESIZE_LOW_BITS) - 1
    let low = output * 2 * taps
    let high = low + taps
    for i in 0..<taps {
      let weight =
        i < count ? Int32(exact[isReversed ? count - 1 - i : i] / sum * one + 0.5) : 0
      weights[low + i] = Int16(weight & lowMask)
      weights[high + i] = Int16(weight >> Int32(CALK_RESIZE_LOW_BITS))
    }
  }
}
