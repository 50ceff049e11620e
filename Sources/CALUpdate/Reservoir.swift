import CALDigest
import CALLearning

/// A bounded sample of images' features: those `capacity` images whose keys have the lowest
/// priorities, which are hashes of key and seed. So which images are in depends neither on the
/// order in which they came, nor on how often, nor on which of several machines saw which: a
/// union of samples, cut to capacity, is the sample of the union (bottom-k sampling, E. Cohen and
/// H. Kaplan, "Summarizing data using bottom-k sketches", PODC 2007).
public struct Reservoir: Sendable {
  public struct Entry: Sendable, Equatable {
    /// Of the image; what comes again with the same key is the same image.
    public let key: Digest
    public let feature: [Float]

    public init(key: Digest, feature: [Float]) {
      self.key = key
      self.feature = feature
    }
  }

  /// What entries are ordered by: the hash, and the key itself among equal ones.
  struct Priority: Comparable {
    private let hash: UInt64
    private let key: SIMD4<UInt64>

    init(_ digest: Digest, seed: UInt64) {
      key = digest.withBytes {
        SIMD4(
          UInt64(bigEndian: $0.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self)),
          UInt64(bigEndian: $0.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt64.self)),
          UInt64(bigEndian: $0.unsafeLoadUnaligned(fromByteOffset: 16, as: UInt64.self)),
          UInt64(bigEndian: $0.unsafeLoadUnaligned(fromByteOffset: 24, as: UInt64.self)))
      }
      hash = mixed(key[0] ^ mixed(key[1] ^ mixed(seed)))
    }

    static func < (a: Priority, b: Priority) -> Bool {
      if a.hash != b.hash { return a.hash < b.hash }
      for i in 0..<4 where a.key[i] != b.key[i] { return a.key[i] < b.key[i] }
      return false
    }
  }

  public let seed: UInt64
  public let capacity: Int
  private var kept: [Digest: [Float]] = [:]
  /// Nothing from here on can be in any more; nil before the first cut.
  private var limit: Priority?

  public init(seed: UInt64, capacity: Int) {
    self.seed = seed
    self.capacity = capacity
  }

  public var count: Int { min(kept.count, capacity) }

  /// Numbers of an entry's features; 0 if there is none.
  var width: Int { kept.first?.value.count ?? 0 }

  /// Entries in the order of their priorities, at most `capacity`.
  public var entries: [Entry] {
    ranked().prefix(capacity).map { Entry(key: $0.key, feature: $0.feature) }
  }

  /// Whether offering this would change the reservoir.
  public func wants(_ key: Digest, _ feature: Span<Float>) -> Bool {
    if let held = kept[key] { return precedes(feature, held.span) }
    guard capacity > 0 else { return false }
    guard let limit else { return true }
    return Priority(key, seed: seed) < limit
  }

  /// An image that comes twice is held once. If its features differ, which is for a caller to
  /// avoid, those with the lower bits stay, whichever came first.
  public mutating func offer(_ key: Digest, _ feature: [Float]) {
    guard wants(key, feature.span) else { return }
    kept[key] = feature
    // Cutting sorts everything, so it waits until it is worth it.
    if kept.count > capacity + max(capacity / 8, 64) { cut() }
  }

  public mutating func merge(_ other: Reservoir) {
    for (key, feature) in other.kept { offer(key, feature) }
  }

  private mutating func cut() {
    let order = ranked()
    for entry in order[capacity...] { kept[entry.key] = nil }
    limit = order[capacity - 1].priority
  }

  private func ranked() -> [(priority: Priority, key: Digest, feature: [Float])] {
    kept.map { (Priority($0.key, seed: seed), $0.key, $0.value) }
      .sorted { $0.0 < $1.0 }
  }
}

extension Reservoir: Equatable {
  /// The same sample, whatever else is still held.
  public static func == (a: Reservoir, b: Reservoir) -> Bool {
    a.seed == b.seed && a.capacity == b.capacity && a.entries == b.entries
  }
}

/// An order of features of the same number.
func precedes(_ a: Span<Float>, _ b: Span<Float>) -> Bool {
  for i in 0..<a.count where a[i].bitPattern != b[i].bitPattern {
    return a[i].bitPattern < b[i].bitPattern
  }
  return false
}

extension Span<Float> {
  var array: [Float] { withUnsafeBufferPointer { Array($0) } }
}
