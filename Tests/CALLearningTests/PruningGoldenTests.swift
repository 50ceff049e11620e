import Testing

@testable import CALLearning

/// One case of dpp.json.
private struct Prune: Decodable {
  let known, novel, dim, keep: Int
  let coverage: Double
  let usage: [UInt64]
  let prototypes: [Float]
  let merged: [Double]
  let kept: [Int]
  let mergedInto: [String: Int]
}

@Suite(.enabled(if: Golden.isPresent, Golden.missing))
struct PruningGoldenTests {
  @Test func paper() throws {
    let cases = try Golden.cases("dpp", of: Prune.self)
    #expect(cases.count == 7)
    var worst = 0.0
    for golden in cases {
      var settings = Pruning.Settings()
      settings.recipe = .paper
      settings.coverage = golden.coverage
      let bank = Bank(
        size: .init(rows: golden.known + golden.novel, features: golden.dim, known: golden.known),
        prototypes: golden.prototypes, usage: golden.usage)
      let (pruning, merged) = try bank.pruned(settings)
      #expect(pruning.kept == Array(0..<golden.known) + golden.kept)
      #expect(pruning.kept.count == golden.known + golden.keep)
      for (row, anchor) in pruning.mergedInto.enumerated() {
        #expect(anchor == golden.mergedInto["\(row)"] ?? row)
      }
      #expect(merged.count == golden.merged.count)
      worst = max(worst, zip(merged, golden.merged).map { abs(Double($0) - $1) }.max() ?? 0)
    }
    print("dpp.json: largest error of a merged number \(worst)")
    #expect(worst < 2e-7)
  }
}
