import CCal
import Testing

/// bf16 as a session's precision; int8: `QuantizeTests`.
@Suite struct PrecisionTests {
  private static let pictures = (0..<4).map { Picture(40 + $0, 36, seed: UInt64($0)) }

  @Test func anyModelHasBF16() {
    let exact = TestSession()
    let rounded = TestSession(precision: CAL_PRECISION_BF16)
    #expect(rounded.precision == "bf16")
    for picture in Self.pictures {
      let a = exact.features(picture.image)
      let b = rounded.features(picture.image)
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
      #expect(one.features(picture.image) == three.features(picture.image))
    }
  }

  @Test func theReferencePathHasIt() {
    let fast = TestSession(precision: CAL_PRECISION_BF16)
    let slow = TestSession(kernels: CAL_KERNELS_REFERENCE, precision: CAL_PRECISION_BF16)
    let a = fast.features(Self.pictures[0].image)
    let b = slow.features(Self.pictures[0].image)
    let error = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    #expect(error < 1e-5 * a.reduce(0) { $0 + $1 * $1 })
  }
}
