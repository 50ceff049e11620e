import CKernels

/// SHA-256 (FIPS 180-4) of bytes that come in pieces. A value: copy it to fork the digest. No
/// heap memory is used, so a session can digest the pixels of every image.
public struct SHA256: Sendable {
  private var state = ck_sha256()

  public init() { self.init(accelerated: true) }

  /// `accelerated: false` takes the portable path on every CPU, for the tests that compare both.
  package init(accelerated: Bool) { ck_sha256_init(&state, accelerated) }

  package static var canAccelerate: Bool { ck_sha256_can_accelerate() }

  public mutating func update(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { ck_sha256_update(&state, $0.baseAddress, $0.count) }
  }

  public consuming func finish() -> Digest {
    var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    withUnsafeMutableBytes(of: &words) { buffer in
      ck_sha256_finish(&state, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
    return Digest(stored: words)
  }
}
