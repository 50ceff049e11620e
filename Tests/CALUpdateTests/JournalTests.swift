import CALTestSupport
import Testing

@testable import CALUpdate

@Suite struct JournalTests {
  private static let bodies: [[UInt8]] = (0..<5).map { n in
    (0..<(700 + 13 * n)).map { UInt8(truncatingIfNeeded: $0 * 31 + n + 1) }
  }

  private let bytes: [UInt8]

  init() throws {
    bytes = try JournalTests.bodies.enumerated().flatMap { try written(UInt64($0) + 4, $1) }
  }

  @Test func readsWhatWasWritten() {
    let contents = Journal.read(bytes)
    #expect(contents.records.map { Array($0.body) } == JournalTests.bodies)
    #expect(contents.records.map(\.number) == [4, 5, 6, 7, 8])
    #expect(contents.end == bytes.count && contents.rest == .nothing)
  }

  /// A file that ends anywhere is read up to the last whole record.
  @Test func findsTheEndOfATornFile() {
    for size in stride(from: 0, through: bytes.count, by: 7) {
      let contents = Journal.read(Array(bytes[..<size]))
      #expect(contents.rest == (contents.end == size ? .nothing : .torn))
      #expect(contents.end <= size)
      #expect(contents.records.count == JournalTests.bodies.count || size < bytes.count)
    }
  }

  @Test func emptyRoomAtTheEndIsTorn() {
    let contents = Journal.read(bytes + [UInt8](repeating: 0, count: 5000))
    #expect(contents.records.count == 5 && contents.rest == .torn)
    let half = Array(bytes.dropLast(600)) + [UInt8](repeating: 0, count: 600)
    #expect(Journal.read(half).records.count == 4)
    #expect(Journal.read(half).rest == .torn)
  }

  /// Whichever bit changes, what is read is a prefix of what was written, and it is said that
  /// this is not all.
  @Test func noChangedBitIsReadSilently() {
    var random = Chance(seed: 2)
    for _ in 0..<2000 {
      var changed = bytes
      let place = Int.random(in: changed.indices, using: &random)
      changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      let contents = Journal.read(changed)
      #expect(contents.rest == .damaged)
      #expect(contents.end <= place)
      #expect(
        contents.records.map { Array($0.body) }
          == Array(JournalTests.bodies.prefix(contents.records.count)))
    }
  }

  @Test func recordsMustFollowEachOther() throws {
    let body = JournalTests.bodies[0]
    let gap = try written(1, body) + written(3, body)
    #expect(Journal.read(gap).records.count == 1)
    #expect(Journal.read(gap).rest == .damaged)
  }

  /// A record says its length in 32 bits.
  @Test func aRecordHasALimit() throws {
    #expect(Journal.limit == 4_294_967_295)
    let body = JournalTests.bodies[0]
    let whole = try Journal.record(1, limit: body.count) { $0.add(body) }
    #expect(try whole == written(1, body))
    let error = #expect(throws: UpdateError.self) {
      try Journal.record(1, limit: body.count - 1) { $0.add(body) }
    }
    guard case .argument(let text)? = error else {
      return #expect(Bool(false), "\(body.count) bytes were accepted")
    }
    #expect(text.contains("\(body.count) bytes") && text.contains("\(body.count - 1)"))
  }
}

private func written(_ number: UInt64, _ body: [UInt8]) throws -> [UInt8] {
  try Journal.record(number) { $0.add(body) }
}
