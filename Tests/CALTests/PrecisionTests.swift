import CCal
import Testing

/// bf16 as a session's precision; int8: `QuantizeTests`.
@Suite struct PrecisionTests {
  private static let pictures = (0..<4).map { Picture(40 + $0, 36, seed: UInt64($0)) }

  @Test func anyModelHasBF16() {
    let exact = TestSession()
    let rounded = TestSession(precision: CAL_PRECISION_BF16)
    #expect(String(cString: cal_session_precision(rounded.handle)) == "bf16")
    for picture in Self.pictures {
      let a = Self.features(exact, picture)
      let b = Self.features(rounded, picture)
      #expect(a != b)
      let error = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      let size = a.reduce(0) { $0 + $1 * $1 }
      #expect(error < 1e-4 * size)
    }
  }

  @Test func threadsDoNotMatter() {
    let one = TestSession(precision: CAL_PRECISION_BF16)
    let three = TestSession(threads: 3, precision: CAL_PRECISION_BF16)
    for picture in Self.pictures {
      #expect(Self.features(one, picture) == Self.features(three, picture))
    }
  }

  @Test func theReferencePathHasIt() {
    let fast = TestSession(precision: CAL_PRECISION_BF16)
    let slow = TestSession(kernels: CAL_KERNELS_REFERENCE, precision: CAL_PRECISION_BF16)
    let a = Self.features(fast, Self.pictures[0])
    let b = Self.features(slow, Self.pictures[0])
    let error = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    #expect(error < 1e-5 * a.reduce(0) { $0 + $1 * $1 })
  }

  private static func features(_ session: TestSession, _ picture: Picture) -> [Float] {
    var image = picture.image
    var features = [Float](repeating: 0, count: Fixture.featureCount)
    expect(
      cal_session_features(session.handle, &image, &features, features.count), CAL_OK)
    return features
  }
}
