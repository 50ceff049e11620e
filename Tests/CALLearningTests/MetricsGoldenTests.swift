import Testing

@testable import CALLearning

/// One case of metrics.json.
private struct Evaluation: Decodable {
  let known: Int
  let label, predicted: [Int32]
  let all, known_, novel: Right

  struct Right: Decodable {
    let acc, nmi, ari: Double
  }
}

@Suite(.enabled(if: Golden.isPresent, Golden.missing))
struct MetricsGoldenTests {
  @Test func published() throws {
    let cases = try Golden.cases("metrics", of: Evaluation.self)
    #expect(cases.count == 6)
    var worst = 0.0
    for golden in cases {
      let classes = Int(max(golden.label.max() ?? 0, golden.predicted.max() ?? 0)) + 1
      let empty: [Float] = []
      let found = try Metrics(
        label: golden.label.span, predicted: golden.predicted.span, score: empty.span,
        samples: .init(count: golden.label.count, classes: classes, known: golden.known),
        minimumShare: 0.005)
      for (agreement, right) in [
        (found.all, golden.all), (found.known, golden.known_), (found.novel, golden.novel),
      ] {
        worst = max(
          worst, abs(agreement.acc - right.acc), abs(agreement.nmi - right.nmi),
          abs(agreement.ari - right.ari))
      }
      #expect(found.strictNovel <= found.novel.acc)
    }
    print("metrics.json: largest error \(worst)")
    #expect(worst < 1e-12)
  }
}
