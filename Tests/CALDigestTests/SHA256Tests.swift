import CALDigest
import CALTestSupport
import Testing

/// The two implementations; the second is the portable one again on a CPU without the first.
private let paths = SHA256.canAccelerate ? [true, false] : [false]

private func digest(of bytes: [UInt8], accelerated: Bool = true) -> Digest {
  var sha = SHA256(accelerated: accelerated)
  sha.update(bytes.span.bytes)
  return sha.finish()
}

/// Bytes without a short period.
private func pattern(_ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
}

@Suite struct SHA256Tests {
  /// FIPS 180-2 appendix B and the NIST example of two blocks.
  static let vectors: [(message: String, hex: String)] = [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
        + "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ]

  @Test(arguments: vectors, paths)
  func givesThePublishedDigest(vector: (message: String, hex: String), accelerated: Bool) {
    #expect(digest(of: Array(vector.message.utf8), accelerated: accelerated).hex == vector.hex)
  }

  @Test(arguments: paths) func digestsAMillionLetters(accelerated: Bool) {
    let letters = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
    var sha = SHA256(accelerated: accelerated)
    for _ in 0..<1000 { sha.update(letters.span.bytes) }
    let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    #expect(sha.finish().hex == expected)
  }

  /// Every length around the padding's edges; the expected value is Python's hashlib over the
  /// digests of all 301 prefixes.
  @Test(arguments: paths) func padsEveryLength(accelerated: Bool) {
    let message = pattern(300)
    var all = SHA256()
    for length in 0...300 {
      let prefix = digest(of: Array(message[..<length]), accelerated: accelerated)
      prefix.withBytes { all.update($0) }
    }
    let expected = "7d917fbd2cf49ddff9ad0a8706bba32d204e92e71d2e369c5a03d6af29278c9f"
    #expect(all.finish().hex == expected)
  }

  /// However a message is cut, and on either path, the digest is that of the whole.
  @Test func splitsDoNotMatter() {
    var random = Chance(seed: 1)
    for _ in 0..<500 {
      let message = (0..<Int.random(in: 0...700, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      let whole = digest(of: message, accelerated: false)
      for accelerated in paths {
        var sha = SHA256(accelerated: accelerated)
        var rest = message[...]
        var cuts: [Int] = []
        while !rest.isEmpty {
          let piece = Array(rest.prefix(Int.random(in: 0...150, using: &random)))
          cuts.append(piece.count)
          sha.update(piece.span.bytes)
          rest = rest.dropFirst(piece.count)
        }
        #expect(sha.finish() == whole, "message \(message), cut into \(cuts)")
      }
    }
  }

  @Test func aCopyGoesItsOwnWay() {
    var first = SHA256()
    first.update(Array("ab".utf8).span.bytes)
    var second = first
    first.update(Array("c".utf8).span.bytes)
    second.update(Array("d".utf8).span.bytes)
    #expect(first.finish() == digest(of: Array("abc".utf8)))
    #expect(second.finish() == digest(of: Array("abd".utf8)))
  }
}
