import CALModel
import Testing

@testable import CALUpdate

/// Prototypes that an examiner assigns to others must lead to one in the end.
@Suite struct AssignmentTests {
  /// A model with the novel prototypes 4, 5 and 6.
  private func updater(_ path: String, _ disk: SimulatedDisk) throws -> Updater {
    let novel = (4...6).map {
      Prototype(
        id: UInt64($0), kind: .novel, name: "", vector: Fixture.axis($0 + 5, length: 4), usage: 10)
    }
    var options = Updater.Options()
    options.files = disk.files
    return try Updater.create(
      path, model: Fixture.model(Fixture.prototypes + novel), options: options)
  }

  private func text(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      guard case .argument(let text) = error as? UpdateError else { return nil }
      return text
    }
  }

  @Test func noCircleIsAccepted() throws {
    let updater = try updater("state", SimulatedDisk())
    try updater.label(4, .mergedInto(5))
    try updater.label(5, .mergedInto(6))
    for target: UInt64 in [4, 5] {
      let text = try #require(text { try updater.label(6, .mergedInto(target)) })
      #expect(text.contains("prototype 6") && text.contains("prototype \(target)"))
    }
    #expect(updater.tally.labels == [4: .mergedInto(5), 5: .mergedInto(6)])
    #expect(try updater.preview().retired.map(\.mergedInto) == [6, 6])
    // The last word on 5 opens the way.
    try updater.label(5, .name("a method of its own"))
    try updater.label(6, .mergedInto(4))
    #expect(try updater.commit().retired.map(\.mergedInto) == [5, 5])
  }

  @Test func noMergeClosesACircle() throws {
    let disk = SimulatedDisk()
    do { try updater("half", disk).label(4, .mergedInto(5)) }
    do { try updater("other", disk).label(6, .mergedInto(5)) }
    let updater = try updater("state", disk)
    try updater.label(5, .mergedInto(4))
    try updater.merge("other")
    let (tally, journal) = (updater.tally, disk.contents("state/journal"))
    let text = try #require(text { try updater.merge("half") })
    #expect(text.contains("half") && text.contains("prototype 4") && text.contains("prototype 5"))
    #expect(updater.tally == tally && disk.contents("state/journal") == journal)
    #expect(try updater.commit().retired.map(\.mergedInto) == [4, 4])
  }
}
