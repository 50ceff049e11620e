import CALTestSupport
import Foundation
import Testing

@testable import CALLearning

/// How many prototypes stay, on usages whose number of methods is planted: 22 of 171 rows, as in
/// research/related-systems.md section 10.1, P7.
@Suite struct UsageTailTests {
  private static let methods = 22
  private static let others = 149

  private func kept(_ usage: [Double], _ recipe: Recipe, coverage: Double = 0.9544) -> Int {
    var settings = Pruning.Settings()
    settings.recipe = recipe
    settings.coverage = coverage
    return UsageTail(usage.sorted(by: >), settings).keepCount
  }

  private let unused = Array(repeating: 0.0, count: others)

  @Test func equalMethods() {
    let usage = Array(repeating: 1500.0, count: Self.methods) + unused
    #expect(kept(usage, .default) == 22)
    #expect(kept(usage, .paper) == 23)
  }

  /// 30 more that are a sixteenth as large.
  @Test func smallMethods() {
    let usage =
      Array(repeating: 1500.0, count: Self.methods) + Array(repeating: 90, count: 30) + unused
    #expect(kept(usage, .default) == 52)
    #expect(kept(usage, .paper) == 53)
  }

  /// Rows that are no method's answer a few images all the same.
  @Test(arguments: UInt64(0)..<20)
  func chanceUsage(_ seed: UInt64) {
    var chance = Chance(seed: seed)
    let usage =
      (0..<Self.methods).map { 1500 - Double($0) * 1200 / 21 }
      + unused.map { _ in poisson(5, &chance) }
    #expect(kept(usage, .default) == 22)
    #expect(kept(usage, .paper) > 22)
  }

  /// Sizes of methods that differ by a factor of e either way.
  @Test(arguments: UInt64(0)..<20)
  func unevenMethods(_ seed: UInt64) {
    var chance = Chance(seed: seed)
    let usage = (0..<Self.methods).map { _ in (300 * exp(normal(&chance))).rounded() + 5 }
    #expect(kept(usage + unused, .default) == 22)
  }

  @Test func fewImagesAreNoSteepFall() {
    #expect(kept([5, 5, 5, 4, 3, 2, 1], .default, coverage: 0.5) == 7)
    #expect(kept([5, 5, 5, 4, 3, 2], .default, coverage: 0.5) == 6)
    #expect(kept([100, 90, 1, 0, 0], .default) == 2)
  }

  /// What coverage asks for stays, however steep the falls in it.
  @Test func coverageStays() {
    #expect(kept([1000, 10, 9, 8, 0], .default, coverage: 0.5) == 1)
    #expect(kept([1000, 10, 9, 8, 0], .default, coverage: 0.98) == 4)
    #expect(kept([1000, 10, 9, 8, 0], .default, coverage: 0.99) == 4)
    #expect(kept([1000, 10, 9, 8, 0], .default, coverage: 1) == 4)
    #expect(kept([1000, 1, 0], .default, coverage: 1) == 2)
  }

  private func poisson(_ mean: Double, _ chance: inout Chance) -> Double {
    var (count, product) = (0.0, Double.random(in: 0..<1, using: &chance))
    while product > exp(-mean) {
      product *= Double.random(in: 0..<1, using: &chance)
      count += 1
    }
    return count
  }

  private func normal(_ chance: inout Chance) -> Double {
    let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &chance))).squareRoot()
    return radius * cos(2 * .pi * Double.random(in: 0..<1, using: &chance))
  }
}
