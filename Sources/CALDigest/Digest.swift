/// The 32 bytes of a SHA-256.
public struct Digest: Equatable, Hashable, Sendable {
  public static let byteCount = 32

  // Four words rather than an array, so that a digest lives without heap memory.
  // Their bytes in memory order are the digest's.
  private var word0: UInt64
  private var word1: UInt64
  private var word2: UInt64
  private var word3: UInt64

  init(stored words: (UInt64, UInt64, UInt64, UInt64)) {
    (word0, word1, word2, word3) = words
  }

  /// nil unless `bytes` are exactly 32.
  public init?(_ bytes: RawSpan) {
    guard bytes.byteCount == Digest.byteCount else { return nil }
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &words) { buffer in
      bytes.withUnsafeBytes { buffer.copyMemory(from: $0) }
    }
    self.init(stored: words)
  }

  /// nil unless `hex` is exactly 64 hexadecimal digits of either case.
  public static func parse(hex: String) -> Digest? {
    let digits = Array(hex.utf8)
    guard digits.count == 2 * byteCount else { return nil }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    for (i, digit) in digits.enumerated() {
      guard let value = hexValue(digit) else { return nil }
      bytes[i / 2] = bytes[i / 2] << 4 | value
    }
    return Digest(bytes.span.bytes)
  }

  /// 64 lower-case digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(2 * Digest.byteCount)
    for i in 0..<Digest.byteCount {
      text.append(digits[Int(self[i] >> 4)])
      text.append(digits[Int(self[i] & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Byte `index`, 0 to 31, in the order of the hex form.
  public subscript(index: Int) -> UInt8 {
    let word =
      switch index / 8 {
      case 0: word0
      case 1: word1
      case 2: word2
      default: word3
      }
    return UInt8(truncatingIfNeeded: UInt64(bigEndian: word) >> UInt64(56 - index % 8 * 8))
  }

  /// Lends the 32 bytes.
  public func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafeBytes(of: (word0, word1, word2, word3)) { buffer throws(Failure) in
      try body(buffer.bytes)
    }
  }
}

private func hexValue(_ digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
  default: nil
  }
}
