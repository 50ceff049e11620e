import CALTestSupport
import Testing

@testable import CALLearning

@Suite struct MatchingTests {
  /// Every matching, one after another.
  private func best(_ weights: [[Double]], _ row: Int = 0, _ used: Set<Int> = []) -> Double {
    guard row < weights.count else { return 0 }
    var most =
      weights.count - row > weights[0].count - used.count
      ? best(weights, row + 1, used) : -Double.infinity
    for column in weights[row].indices where !used.contains(column) {
      most = max(most, weights[row][column] + best(weights, row + 1, used.union([column])))
    }
    return most
  }

  @Test(arguments: UInt64(0)..<200)
  func isTheBestOfAll(_ seed: UInt64) {
    var chance = Chance(seed: seed)
    let rows = Int.random(in: 1...6, using: &chance)
    let columns = Int.random(in: 1...6, using: &chance)
    // Few different weights, so that there are ties.
    let largest = seed % 2 == 0 ? 3 : 1000
    let weights = (0..<rows).map { _ in
      (0..<columns).map { _ in Double(Int.random(in: 0...largest, using: &chance)) }
    }
    let matching = Matching.maximum(rows: rows, columns: columns) { weights[$0][$1] }
    let matched = matching.filter { $0 >= 0 }
    #expect(matching.count == rows)
    #expect(matched.count == min(rows, columns))
    #expect(Set(matched).count == matched.count)
    let total = matching.enumerated().reduce(0) {
      $1.element < 0 ? $0 : $0 + weights[$1.offset][$1.element]
    }
    #expect(total == best(weights))
  }

  @Test func nothingToMatch() {
    #expect(Matching.maximum(rows: 0, columns: 0) { _, _ in 1 } == [])
    #expect(Matching.maximum(rows: 0, columns: 3) { _, _ in 1 } == [])
    #expect(Matching.maximum(rows: 2, columns: 0) { _, _ in 1 } == [-1, -1])
  }

  /// A permutation hidden among smaller weights is found, at a size beyond trying all.
  @Test func aPlantedPermutation() {
    var chance = Chance(seed: 1)
    let planted = (0..<120).shuffled(using: &chance)
    let noise = chance.floats(120 * 120, in: 0...1)
    let matching = Matching.maximum(rows: 120, columns: 120) { row, column in
      planted[row] == column ? 2 : Double(noise[row * 120 + column])
    }
    #expect(matching == planted)
  }
}
