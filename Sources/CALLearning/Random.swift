#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// One of very many streams of random numbers. Which one, and so every number of it, is a pure
/// function of the seed, the epoch, an index within it and what the numbers are for: results do
/// not depend on the number of threads or the order of their work, and a training that resumes
/// has no generator's state to restore.
public struct Random: Sendable {
  /// What numbers are drawn for. The values are part of what a seed means: a new purpose gets a
  /// new one, and none changes.
  public enum Purpose: UInt32, Sendable {
    /// Which images an epoch consists of. Index: the draw.
    case sampling = 1
    /// The augmentation of images. Index: the draw, not the image, which can be drawn twice.
    case weakView = 2
    case strongView = 3
    /// Index: the draw.
    case dropout = 4
    /// Starting values of parameters. Index: the tensor; epoch 0.
    case weights = 5
    /// Which labelled images are held out. Index: the class; epoch 0.
    case validation = 6
    /// Starts of clusterings. Index 0.
    case discovery = 7
    /// Of field updates. Index 0: the start of the clustering; 1: batches of the refinement.
    case update = 8
  }

  private let key: Philox.Key
  /// Block number within the stream, purpose, index, epoch.
  private var counter: Philox.Counter
  private var words = Philox.Counter()
  private var used = Philox.Counter.scalarCount

  /// The stream from its beginning. A stream repeats itself after 2^34 words.
  public init(seed: UInt64, purpose: Purpose, epoch: UInt32, index: UInt32) {
    key = Philox.Key(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    counter = Philox.Counter(0, purpose.rawValue, index, epoch)
  }

  /// 32 random bits.
  public mutating func word() -> UInt32 {
    if used == Philox.Counter.scalarCount {
      words = Philox.block(counter, key: key)
      counter[0] &+= 1
      used = 0
    }
    defer { used += 1 }
    return words[used]
  }

  /// 0 <= x < 1, one of 2^53 equally likely values. Takes two words.
  public mutating func double() -> Double {
    let high = UInt64(word()) << 32
    return Double((high | UInt64(word())) >> 11) * 0x1p-53
  }

  /// 0 <= x < 1, one of 2^24 equally likely values. Takes one word.
  public mutating func float() -> Float {
    Float(word() >> 8) * 0x1p-24
  }

  /// Uniform in the range; its upper bound occurs through rounding only.
  public mutating func double(in range: ClosedRange<Double>) -> Double {
    let value = range.lowerBound + (range.upperBound - range.lowerBound) * double()
    return min(value, range.upperBound)
  }

  /// True with this probability: never at 0, always at 1. Takes two words.
  public mutating func chance(_ probability: Double) -> Bool {
    double() < probability
  }

  /// 0 <= n < bound, all equally likely; 0 if there is no such number. Takes one word, rarely
  /// more: D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29 (2019),
  /// algorithm 5.
  public mutating func below(_ bound: UInt32) -> UInt32 {
    var product = bound.multipliedFullWidth(by: word())
    if product.low < bound {
      // Of the 2^32 words, so many must be refused for the rest to be a multiple of the bound.
      let excess = (0 &- bound) % bound
      while product.low < excess { product = bound.multipliedFullWidth(by: word()) }
    }
    return product.high
  }

  /// Mean 0, standard deviation 1, at most 8.6 in size. G. E. P. Box and M. E. Muller, "A note on
  /// the generation of random normal deviates", Ann. Math. Stat. 29 (1958). Takes four words.
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - double())).squareRoot()
    return radius * cos(2 * .pi * double())
  }
}
