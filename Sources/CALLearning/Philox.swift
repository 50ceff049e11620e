/// Philox4x32-10: a bijection of 128-bit counters, chosen by a 64-bit key, whose values pass the
/// statistical tests for random numbers.
///
/// J. K. Salmon, M. A. Moraes, R. O. Dror and D. E. Shaw, "Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011, section 4.3. Constants and test vectors are those of the authors' Random123
/// library, version 1.14.
enum Philox {
  typealias Counter = SIMD4<UInt32>
  typealias Key = SIMD2<UInt32>

  private static let rounds = 10
  private static let multipliers: (UInt32, UInt32) = (0xD251_1F53, 0xCD9E_8D57)
  /// Added to the key after each round.
  private static let keyStep = Key(0x9E37_79B9, 0xBB67_AE85)

  /// Four random words: the same ones for the same counter and key.
  static func block(_ counter: Counter, key: Key) -> Counter {
    var words = counter
    var key = key
    for _ in 0..<rounds {
      let first = multipliers.0.multipliedFullWidth(by: words[0])
      let second = multipliers.1.multipliedFullWidth(by: words[2])
      words = Counter(
        second.high ^ words[1] ^ key[0], second.low, first.high ^ words[3] ^ key[1], first.low)
      key &+= keyStep
    }
    return words
  }
}
