import CKernels
import Synchronization

/// Sees what the convolutions of a network's blocks read, and chooses the range of each that int8
/// then has codes for. Counts only, so neither the order of images nor the number of threads has a
/// part in it.
public final class RangeRecorder: Sendable {
  private let layers: [String]
  private let counts: Mutex<[Histogram]>

  public init(_ spec: NetworkSpec) {
    layers = spec.quantisable
    counts = Mutex(layers.map { _ in Histogram() })
  }

  func layer(_ weights: String) -> Int? { layers.firstIndex(of: weights) }

  func record(_ values: UnsafeBufferPointer<Float>, _ map: Map, layer: Int) {
    var own = Histogram()
    for position in 0..<map.positions {
      for c in 0..<map.channels { own.add(values[position * map.stride + c]) }
    }
    counts.withLock { $0[layer].add(own) }
  }

  /// Of all that was recorded. A layer whose values were all 0 has the range 1.
  public var quantisation: Quantisation {
    counts.withLock { counts in
      var ranges: [String: Float] = [:]
      for (layer, histogram) in zip(layers, counts) { ranges[layer] = histogram.range }
      return Quantisation(ranges: ranges)
    }
  }
}

/// How often values above 0 came, in bins of the upper half of their bits: 128 to an octave.
private struct Histogram {
  private var bins = [UInt64](repeating: 0, count: Histogram.infinity)
  private static let infinity = 0x7f80

  mutating func add(_ value: Float) {
    let bin = Int(value.bitPattern >> 16)
    // Negative and infinite ones have other bins.
    if value > 0, bin < Histogram.infinity { bins[bin] += 1 }
  }

  mutating func add(_ other: Histogram) {
    for bin in bins.indices { bins[bin] += other.bins[bin] }
  }

  private static func upper(_ bin: Int) -> Double {
    Double(Float(bitPattern: UInt32(bin) << 16 | 0xffff))
  }

  private static func centre(_ bin: Int) -> Double {
    Double(Float(bitPattern: UInt32(bin) << 16 | 0x8000))
  }

  /// The range with the least squared error of all values, among the upper edges of the bins down
  /// to a quarter of the largest value.
  var range: Float {
    guard let last = bins.lastIndex(where: { $0 > 0 }) else { return 1 }
    let filled = bins.indices.filter { bins[$0] > 0 }
    var best = (error: Double.infinity, range: Histogram.upper(last))
    for bin in stride(from: last, to: max(last - 256, 0), by: -4) {
      let range = Histogram.upper(bin)
      let error = filled.reduce(0) { $0 + Double(bins[$1]) * Histogram.error($1, range) }
      if error < best.error { best = (error, range) }
    }
    return min(max(Float(best.range), Quantisation.limit.lowerBound), Quantisation.limit.upperBound)
  }

  /// Squared, of the values in a bin.
  private static func error(_ bin: Int, _ range: Double) -> Double {
    let value = centre(bin)
    let step = range / Double(CALK_CODE_MAX)
    if value >= range { return (value - range) * (value - range) }
    // Values of a bin that is wider than a code are anywhere between two of them.
    if value > 32 * step { return step * step / 12 }
    let off = value - (value / step).rounded(.toNearestOrEven) * step
    return off * off
  }
}
