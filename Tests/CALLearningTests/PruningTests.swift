import CALTestSupport
import Foundation
import Testing

@testable import CALLearning

/// A bank as arrays.
struct Bank {
  var size: PrototypeRows
  var prototypes: [Float]
  var usage: [UInt64]

  func pruned(_ settings: Pruning.Settings) throws -> (Pruning, [Float]) {
    let pruning = try Pruning(
      prototypes: prototypes.span, usage: usage.span, bank: size, settings: settings)
    var merged = [Float](repeating: .nan, count: pruning.kept.count * size.features)
    var span = merged.mutableSpan
    #expect(pruning.merge(prototypes.span, usage: usage.span, into: &span))
    return (pruning, merged)
  }

  func pruned(_ recipe: Recipe, coverage: Double = 0.9544) throws -> (Pruning, [Float]) {
    var settings = Pruning.Settings()
    settings.recipe = recipe
    settings.coverage = coverage
    return try pruned(settings)
  }

  /// Two features, so that a row is a point in the plane.
  init(known: Int, _ rows: [(x: Float, y: Float, usage: UInt64)]) {
    size = PrototypeRows(rows: rows.count, features: 2, known: known)
    prototypes = rows.flatMap { [$0.x, $0.y] }
    usage = rows.map(\.usage)
  }

  init(size: PrototypeRows, prototypes: [Float], usage: [UInt64]) {
    (self.size, self.prototypes, self.usage) = (size, prototypes, usage)
  }
}

@Suite struct PruningTests {
  /// One known row; anchors at 0 and 90 degrees, of length 2 and 3; a used row and an unused one
  /// to merge. Coverage 0.9 is reached at the second anchor; the tail (90, 10, 0) has mean 33.3
  /// and mean step 45, so the anchor stays by its usage and the row of 10 by its drop of 80.
  private let bank = Bank(
    known: 1,
    [(5, 5, 1000), (0, 3, 90), (0.5, 0, 0), (2, 0, 100), (0, 0.1, 10)])

  @Test func paperByHand() throws {
    let (pruning, merged) = try bank.pruned(.paper, coverage: 0.9)
    #expect(pruning.kept == [0, 3, 1, 4])
    #expect(pruning.mergedInto == [0, 1, 3, 3, 4])
    // Mean of (2, 0) and (0.5, 0) at length 1; the rest as it was.
    #expect(merged == [5, 5, 1, 0, 0, 3, 0, 0.1])
  }

  @Test func defaultByHand() throws {
    let (pruning, merged) = try bank.pruned(.default, coverage: 0.9)
    #expect(pruning.kept == [0, 1, 3, 4])
    #expect(pruning.mergedInto == [0, 1, 3, 3, 4])
    // Nobody used (0.5, 0): its anchor is left alone.
    #expect(merged == [5, 5, 0, 3, 2, 0, 0, 0.1])
  }

  /// The steepest fall of the tail, which is all four, is from 390 to 20. (-3, 0) goes to the
  /// nearer of the others although it points away from it.
  @Test func defaultWeighsByUsageAndKeepsLength() throws {
    let bank = Bank(known: 0, [(4, 0, 400), (0, 2, 390), (-3, 1, 20), (1, 2, 10)])
    let (pruning, merged) = try bank.pruned(.default, coverage: 0.4)
    #expect(pruning.kept == [0, 1])
    #expect(pruning.mergedInto == [0, 1, 1, 1])
    // 390 (0, 2) + 20 (-3, 1) + 10 (1, 2), at the length of (0, 2).
    let length = (50.0 * 50 + 820 * 820).squareRoot()
    #expect(abs(Double(merged[2]) + 50 / length * 2) < 1e-7)
    #expect(abs(Double(merged[3]) - 820 / length * 2) < 1e-7)
    #expect(merged[..<2] == [4, 0])
  }

  /// Copies of a prototype are merged without a change of the one that stays.
  @Test func copiesMergeWithoutATrace() throws {
    let bank = Bank(
      known: 0, [(3, 1, 500), (-1, 2, 480), (3, 1, 20), (-1, 2, 3), (3, 1, 2), (-1, 2, 1)])
    let (pruning, merged) = try bank.pruned(.default, coverage: 0.5)
    #expect(pruning.mergedInto.allSatisfy { pruning.kept.contains($0) })
    for (i, row) in pruning.kept.enumerated() {
      #expect(abs(merged[2 * i] - bank.prototypes[2 * row]) < 1e-6)
      #expect(abs(merged[2 * i + 1] - bank.prototypes[2 * row + 1]) < 1e-6)
    }
  }

  @Test(arguments: Recipe.allCases)
  func nothingToPrune(_ recipe: Recipe) throws {
    for bank in [
      Bank(known: 2, [(1, 2, 3), (4, 5, 6)]),  // no novel rows
      Bank(known: 0, [(1, 2, 3)]), Bank(known: 0, [(1, 2, 0)]), Bank(known: 1, [(1, 2, 0)]),
      Bank(known: 1, [(1, 2, 7), (3, 4, 0), (5, 6, 0), (0, 0, 0)]),  // all usage 0
      Bank(known: 0, [(1, 2, 5), (3, 4, 5), (5, 6, 5)]),  // all alike
    ] {
      let (pruning, merged) = try bank.pruned(recipe)
      #expect(pruning.kept == Array(0..<bank.size.rows))
      #expect(pruning.mergedInto == pruning.kept)
      #expect(merged == bank.prototypes)
    }
  }

  @Test(arguments: Recipe.allCases)
  func rowsWithoutDirection(_ recipe: Recipe) throws {
    let bank = Bank(
      known: 0, [(0, 0, 500), (1, 0, 400), (0, 0, 3), (-1, 0, 2), (0, 0, 1), (0, 0, 0)])
    let (pruning, merged) = try bank.pruned(recipe, coverage: 0.5)
    #expect(merged.allSatisfy { $0.isFinite })
    #expect(pruning.kept.count < 6)
  }

  /// Rows that cancel leave no direction.
  @Test func cancellingRows() throws {
    let size = PrototypeRows(rows: 3, features: 1, known: 0)
    let bank = Bank(size: size, prototypes: [2, -2, 2], usage: [100, 100, 0])
    let pruning = try Pruning(
      prototypes: bank.prototypes.span, usage: bank.usage.span, bank: size, settings: .init())
    #expect(pruning.kept == [0, 1])
    let opposite = Bank(size: size, prototypes: [2, -2, 4], usage: [90, 60, 50])
    for recipe in Recipe.allCases {
      let (_, merged) = try opposite.pruned(recipe, coverage: 0.3)
      #expect(merged.allSatisfy { $0.isFinite })
    }
  }

  /// Random banks: what must hold whatever the numbers are.
  @Test(arguments: UInt64(0)..<40, Recipe.allCases)
  func invariants(_ seed: UInt64, _ recipe: Recipe) throws {
    var chance = Chance(seed: seed)
    let rows = Int.random(in: 1...40, using: &chance)
    let known = Int.random(in: 0...rows, using: &chance)
    let features = Int.random(in: 1...5, using: &chance)
    let bank = Bank(
      size: .init(rows: rows, features: features, known: known),
      prototypes: chance.floats(rows * features, in: -2...2),
      usage: (0..<rows).map { _ in
        UInt64(pow(10, Double.random(in: -1...3, using: &chance)))
      })
    let (pruning, merged) = try bank.pruned(
      recipe, coverage: .random(in: 0.2...1, using: &chance))
    let kept = Set(pruning.kept)
    #expect(kept.count == pruning.kept.count)
    #expect(Array(pruning.kept[..<known]) == Array(0..<known))
    #expect(rows == known || pruning.kept.count > known)
    #expect(merged[..<(known * features)] == bank.prototypes[..<(known * features)])
    for (row, anchor) in pruning.mergedInto.enumerated() {
      #expect(kept.contains(anchor))
      #expect(kept.contains(row) == (row == anchor))
      #expect(anchor >= known || row == anchor)
    }
    // No row that stays is used less than one that goes.
    let least = pruning.kept.dropFirst(known).map { bank.usage[$0] }.min() ?? 0
    let most = (known..<rows).filter { !kept.contains($0) }.map { bank.usage[$0] }.max() ?? 0
    #expect(least >= most)
    if recipe == .default {
      #expect(pruning.kept == pruning.kept.sorted())
      for (i, row) in pruning.kept.enumerated() {
        let old = norm(bank.prototypes[(row * features)..<((row + 1) * features)])
        let new = norm(merged[(i * features)..<((i + 1) * features)])
        #expect(abs(old - new) < 1e-5)
      }
    }
  }

  private func norm(_ row: ArraySlice<Float>) -> Float {
    row.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  @Test func badInputIsNamed() {
    func refused(_ sentence: String, _ change: (inout Bank, inout Pruning.Settings) -> Void) {
      var bank = bank
      var settings = Pruning.Settings()
      change(&bank, &settings)
      #expect {
        try bank.pruned(settings)
      } throws: { error in
        "\(error)" == sentence
      }
    }
    refused("prototypes[3][1] is inf") { bank, _ in bank.prototypes[7] = .infinity }
    refused("usage has 4 numbers, not 5") { bank, _ in bank.usage.removeLast() }
    refused("known is 6, but there are 5 rows") { bank, _ in bank.size.known = 6 }
    refused("features is 0, not 1 to 16384") { bank, _ in bank.size.features = 0 }
    refused("rows is 5000, not 1 to 4096") { bank, _ in bank.size.rows = 5000 }
    refused("coverage is 1.01, not 1e-06 to 1.0") { _, settings in settings.coverage = 1.01 }
    refused("coverage is nan, not 1e-06 to 1.0") { _, settings in settings.coverage = .nan }
  }
}
