import CALTestSupport
import Testing

/// What tells the other tests how far two lists of numbers are apart.
@Suite struct RelativeErrorTests {
  @Test func isThatOfTheLargestDifference() {
    #expect(relativeError([1, 2, 4], [1, 3, 4]) == 0.25)
    #expect(relativeError([0.5], [Float(0)]) == 0.5)
    #expect(relativeError([], [Double]()) == 0)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity], 0..<3)
  func isInfiniteWhereANumberIsNotFinite(_ value: Float, _ place: Int) {
    let right: [Float] = [1, 2, 3]
    var wrong = right
    wrong[place] = value
    #expect(relativeError(wrong, right) == .infinity)
    #expect(relativeError(right, wrong) == .infinity)
    #expect(relativeError(wrong, wrong) == .infinity)
    #expect(relativeError(right, Array(right.dropLast())) == .infinity)
  }
}
