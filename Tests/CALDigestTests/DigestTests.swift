import CALDigest
import Testing

/// `#require` and `#expect` cannot take a span apart.
private func made(_ bytes: [UInt8]) -> Digest? { Digest(bytes.span.bytes) }

@Suite struct DigestTests {
  let hex = "00017f80ff0123456789abcdef00112233445566778899aabbccddeeff5a5ac3"

  @Test func hexAndBytesAreTheSameValue() throws {
    let digest = try #require(Digest.parse(hex: hex))
    #expect(digest.hex == hex)
    #expect((0..<5).map { digest[$0] } == [0x00, 0x01, 0x7f, 0x80, 0xff])
    #expect(digest[31] == 0xc3)
    let bytes = digest.withBytes { lent in lent.withUnsafeBytes { Array($0) } }
    #expect(bytes == (0..<32).map { digest[$0] })
    #expect(made(bytes) == digest)
    #expect(Digest.parse(hex: hex.uppercased()) == digest)
  }

  @Test func differsByAnyByte() throws {
    let digest = try #require(Digest.parse(hex: hex))
    for i in 0..<32 {
      var bytes = (0..<32).map { digest[$0] }
      bytes[i] ^= 1
      let other = try #require(made(bytes))
      #expect(other != digest)
      #expect(other[i] == bytes[i])
    }
  }

  @Test(arguments: ["", "00", String(repeating: "0", count: 63), String(repeating: "0", count: 65)])
  func refusesOtherLengths(text: String) { #expect(Digest.parse(hex: text) == nil) }

  @Test(arguments: ["g", "/", ":", "@", "`", " ", "\u{0}"])
  func refusesOtherCharacters(character: String) {
    #expect(Digest.parse(hex: String(repeating: "0", count: 63) + character) == nil)
    #expect(Digest.parse(hex: character + String(repeating: "0", count: 63)) == nil)
  }

  @Test(arguments: [0, 31, 33]) func needs32Bytes(count: Int) {
    #expect(made([UInt8](repeating: 1, count: count)) == nil)
  }
}
