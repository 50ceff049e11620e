import Testing

@testable import class CAL.NotedAnswers

@Suite struct NotedAnswersTests {
  @Test func everyImageHasItsOwn() throws {
    let noted = try #require(NotedAnswers(images: 5, prototypes: 3))
    for image in [4, 0, 2, 1, 3] {
      noted.note(image, top: Int32(image + 7), (0..<3).map { Float(10 * image + $0) })
    }
    for image in 0..<5 {
      #expect(noted.top(image) == image + 7)
      #expect(Array(noted.probabilities(image)) == (0..<3).map { Float(10 * image + $0) })
    }
  }

  @Test func moreThanThereIsIsNotPromised() {
    #expect(NotedAnswers(images: 1 << 62, prototypes: 4) == nil)
    #expect(NotedAnswers(images: 1 << 44, prototypes: 65_536) == nil)
  }
}
