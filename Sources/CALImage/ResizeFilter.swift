import CKernels

/// The weights of one pass of Pillow's bilinear resize: which source pixels make each output
/// pixel, and how much of each. Memory is there from the start, for sources of any length.
struct ResizeFilter: Sendable {
  /// Pixels after and before the pass; `source` is 0 before the first `prepare`.
  let outputs: Int
  private(set) var source = 0
  /// Weights stored per output, see `calk_resize_filter`.
  private(set) var taps = 0
  /// The longest window.
  private(set) var longest = 0
  private(set) var windows: [calk_resize_window]
  private(set) var weights: [Int16]
  /// Of one output, before they are rounded.
  private var exact: [Double]

  init(outputs: Int) {
    self.outputs = outputs
    // Windows grow with the source.
    let most = ResizeFilter.longestWindow(source: ImageLayout.longestSide, outputs: outputs)
    windows = Array(repeating: calk_resize_window(first: 0, count: 0), count: outputs)
    weights = Array(repeating: 0, count: outputs * 2 * roundUp(most, CALK_RESIZE_BLOCK))
    exact = Array(repeating: 0, count: most)
  }

  /// No window is longer than this.
  static func longestWindow(source: Int, outputs: Int) -> Int {
    min(source, 2 * Int(support(source: source, outputs: outputs) + 1) + 1)
  }

  /// Computes the weights, unless they are here already. `source` is at most
  /// `ImageLayout.longestSide`.
  mutating func prepare(source: Int) {
    guard source != self.source else { return }
    self.source = source

    let scale = Double(source) / Double(outputs)
    let support = ResizeFilter.support(source: source, outputs: outputs)
    let most = ResizeFilter.longestWindow(source: source, outputs: outputs)
    taps = roundUp(most, CALK_RESIZE_BLOCK)
    longest = 0

    for output in 0..<outputs {
      let centre = (Double(output) + 0.5) * scale
      let first = max(Int(centre - support + 0.5), 0)
      let count = min(Int(centre + support + 0.5), source) - first
      let sum = weigh(first..<first + count, around: centre, support)
      store(output, count, sum)
      windows[output] = calk_resize_window(first: Int32(first), count: Int32(count))
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

  /// The filter is a triangle that reaches so many source pixels to both sides: one pixel of
  /// source or result, whichever is larger.
  private static func support(source: Int, outputs: Int) -> Double {
    max(Double(source) / Double(outputs), 1)
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
  private mutating func store(_ output: Int, _ count: Int, _ sum: Double) {
    let one = Double(1 << CALK_RESIZE_PRECISION)
    let lowMask: Int32 = (1 << CALK_RESIZE_LOW_BITS) - 1
    let low = output * 2 * taps
    let high = low + taps
    for i in 0..<taps {
      let weight = i < count ? Int32(exact[i] / sum * one + 0.5) : 0
      weights[low + i] = Int16(weight & lowMask)
      weights[high + i] = Int16(weight >> Int32(CALK_RESIZE_LOW_BITS))
    }
  }
}
