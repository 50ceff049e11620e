import CALTestSupport
import Foundation
import Testing

@testable import CALLearning

/// Moments that follow their prototypes through a pruning.
@Suite struct MomentsTests {
  /// The bank of `PruningTests`: row 4 (usage 10) stays, row 2 (unused) goes to row 3, and rows
  /// of one kind of moment per row.
  private let bank = Bank(
    known: 1,
    [(5, 5, 1000), (0, 3, 90), (0.5, 0, 0), (2, 0, 100), (0, 0.1, 10)])
  private let moments: [Float] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

  private func moved(
    _ moments: [Float], of bank: Bank, _ recipe: Recipe, coverage: Double
  ) throws -> (Pruning, [Float]) {
    let pruning = try bank.pruned(recipe, coverage: coverage).0
    var merged = [Float](repeating: .nan, count: pruning.kept.count * bank.size.features)
    var span = merged.mutableSpan
    let isMerged = pruning.mergeMoments(moments.span, usage: bank.usage.span, into: &span)
    #expect(isMerged)
    return (pruning, merged)
  }

  @Test func rowsTakeTheirOwnAlong() throws {
    // Unused rows leave no trace.
    let (pruning, merged) = try moved(moments, of: bank, .default, coverage: 0.9)
    #expect(pruning.kept == [0, 1, 3, 4])
    #expect(merged == [1, 2, 3, 4, 7, 8, 9, 10])
    // Reordered by usage, and the plain mean with the unused row.
    let (published, mean) = try moved(moments, of: bank, .paper, coverage: 0.9)
    #expect(published.kept == [0, 3, 1, 4])
    #expect(mean == [1, 2, 6, 7, 3, 4, 9, 10])
  }

  @Test func mergedRowsWeighByUsage() throws {
    let bank = Bank(known: 0, [(4, 0, 400), (0, 2, 390), (-3, 0, 300), (1, 2, 10)])
    let (pruning, merged) = try moved(
      [1, 2, 40, -80, 5, 6, 0, 160], of: bank, .default, coverage: 0.4)
    #expect(pruning.mergedInto == [0, 1, 2, 1])
    // (390 * 40 + 10 * 0) / 400, (390 * -80 + 10 * 160) / 400
    #expect(merged == [1, 2, 39, -74, 5, 6])
  }

  /// No step gets larger than the largest of those merged would have been, as it does from 0.
  @Test(arguments: UInt64(0)..<20)
  func mergedStepsStayBounded(_ seed: UInt64) throws {
    var chance = Chance(seed: seed)
    let size = PrototypeRows(rows: 30, features: 4, known: 3)
    let bank = Bank(
      size: size, prototypes: chance.floats(120, in: -1...1),
      usage: (0..<30).map { row in .random(in: row < 20 ? 100...999 : 1...9, using: &chance) })
    let mean = chance.floats(120, in: -1...1)
    let square = zip(mean, chance.floats(120, in: 0.5...2)).map { $0 * $0 * $1 }
    let (pruning, means) = try moved(mean, of: bank, .default, coverage: 0.6)
    let (_, squares) = try moved(square, of: bank, .default, coverage: 0.6)
    #expect(pruning.kept.count < 30)
    for (i, anchor) in pruning.kept.enumerated() {
      let group = pruning.mergedInto.indices.filter { pruning.mergedInto[$0] == anchor }
      for f in 0..<4 {
        let largest = group.map { mean[4 * $0 + f] * mean[4 * $0 + f] / square[4 * $0 + f] }
        let merged = means[4 * i + f] * means[4 * i + f] / squares[4 * i + f]
        #expect(merged <= largest.max()! * 1.00001)
      }
    }
  }

  @Test(arguments: [(9, 5, 8), (10, 4, 8), (10, 5, 7), (10, 5, 10)])
  func wrongLengthsAreRefused(_ rows: Int, _ counts: Int, _ places: Int) throws {
    let pruning = try bank.pruned(.default, coverage: 0.9).0
    let moments = Array(moments[..<rows])
    let usage = Array(bank.usage[..<counts])
    var merged = [Float](repeating: -7, count: places)
    var span = merged.mutableSpan
    let isMerged = pruning.mergeMoments(moments.span, usage: usage.span, into: &span)
    #expect(!isMerged)
    #expect(merged.allSatisfy { $0 == -7 })
  }
}
