import CALTestSupport
import Testing

@testable import CALLearning

@Suite struct MetricsTests {
  private func metrics(
    _ label: [Int32], _ predicted: [Int32], score: [Float] = [], known: Int, classes: Int = 8,
    minimumShare: Double = 0.005
  ) throws -> Metrics {
    try Metrics(
      label: label.span, predicted: predicted.span, score: score.span,
      samples: .init(count: label.count, classes: classes, known: known),
      minimumShare: minimumShare)
  }

  /// Section 1.5's example: every novel sample is called known, and the published measure is full
  /// of praise.
  @Test func discoveringNothing() throws {
    let found = try metrics([0, 0, 1, 1, 2, 2, 3, 3], [0, 0, 1, 1, 0, 0, 1, 1], known: 2)
    #expect(found.known.acc == 1)
    #expect(found.novel.acc == 1)
    #expect(found.all.acc == 0.5)
    #expect(found.jointKnown == 1 && found.jointNovel == 0)
    #expect(found.strictNovel == 0)
    #expect(found.match == [0, 1, -1, -1, -1, -1, -1, -1])
    #expect(found.macroKnown == 1 && found.macroNovel == 0 && found.macroAll == 0.5)
    #expect(found.labelIDs == 4 && found.predictedIDs == 2 && found.predictedNovelIDs == 0)
  }

  @Test func discoveringAll() throws {
    let found = try metrics([0, 0, 1, 1, 2, 2, 3, 3], [0, 0, 1, 1, 7, 7, 4, 4], known: 2)
    for value in [
      found.all.acc, found.all.nmi, found.all.ari, found.known.acc, found.novel.acc,
      found.novel.nmi, found.novel.ari, found.jointKnown, found.jointNovel, found.strictNovel,
      found.macroAll, found.macroKnown, found.macroNovel,
    ] {
      #expect(value == 1)
    }
    #expect(found.knownCount == 4 && found.novelCount == 4)
    #expect(found.match == [0, 1, 7, 4, -1, -1, -1, -1])
    #expect(found.confusion[2 * 8 + 7] == 2 && found.confusion[3 * 8 + 4] == 2)
    #expect(found.confusion.reduce(0, +) == 8)
  }

  /// Novel class 2 has ten samples, six of them on id 3; class 3 has two, one on id 3 and one on
  /// id 4: recalls .6 + .5 with 2 -> 3, 3 -> 4, hits 7 of 12.
  @Test func unevenClasses() throws {
    let label: [Int32] = [0, 1] + Array(repeating: 2, count: 10) + [3, 3]
    let predicted: [Int32] =
      [0, 0] + Array(repeating: 3, count: 6) + Array(repeating: 0, count: 4) + [3, 4]
    let found = try metrics(label, predicted, known: 2)
    #expect(found.known.acc == 0.5)
    #expect(found.macroKnown == 0.5)
    #expect(found.strictNovel == 7.0 / 12)
    #expect(found.match[2] == 3 && found.match[3] == 4)
    #expect(abs(found.macroNovel - 0.55) < 1e-15)
    #expect(abs(found.macroAll - (1 + 0.6 + 0.5) / 4) < 1e-15)
    #expect(found.novel.acc == 7.0 / 12)
    #expect(found.all.acc == 8.0 / 14)
    #expect(found.jointKnown == 0.5 && found.jointNovel == 7.0 / 12)
  }

  /// Known class 0 and novel class 1 tie for id 0: the strict split gives it to the known one.
  @Test func tiesGoAgainstDiscovery() throws {
    let found = try metrics([0, 1], [0, 0], known: 1)
    #expect(found.all.acc == 0.5)
    #expect(found.jointKnown == 1 && found.jointNovel == 0)
  }

  /// By hand: pairs together in both 1, in label only 1, in prediction only 0, in neither 4.
  @Test func randIndexByHand() throws {
    let found = try metrics([0, 0, 1, 1], [0, 0, 1, 2], known: 8)
    // (sum C(n_ij, 2) - e) / ((2 + 1) / 2 - e), e = 2 * 1 / C(4, 2).
    #expect(abs(found.all.ari - (1 - 1.0 / 3) / (1.5 - 1.0 / 3)) < 1e-15)
    // I = log 2; H = log 2 and 3/2 log 2.
    #expect(abs(found.all.nmi - 1 / 1.25) < 1e-15)
  }

  @Test func missingParts() throws {
    let known = try metrics([0, 1], [0, 1], score: [1, 0], known: 8)
    #expect(known.novel == Agreement() && known.strictNovel == 0 && known.macroNovel == 0)
    #expect(known.auroc == nil && known.oscr == nil)
    #expect(known.macroAll == 1)
    let novel = try metrics([3, 4], [4, 3], score: [1, 0], known: 0)
    #expect(novel.known == Agreement() && novel.all.acc == 1 && novel.strictNovel == 1)
    #expect(novel.auroc == nil)
    let one = try metrics([0], [0], known: 0, classes: 1)
    #expect(one.all.acc == 1 && one.all.nmi == 1 && one.all.ari == 1)
    let oneCluster = try metrics([0, 1, 2], [0, 0, 0], known: 1)
    #expect(oneCluster.all.nmi == 0 && oneCluster.all.ari == 0)
  }

  @Test func frequentIDs() throws {
    let predicted: [Int32] = Array(repeating: 0, count: 6) + [1, 1, 5, 6]
    let label = [Int32](repeating: 0, count: 10)
    for (share, ids, novel) in [(0.0, 4, 2), (0.1, 4, 2), (0.11, 2, 0), (0.2, 2, 0), (0.7, 0, 0)] {
      let found = try metrics(label, predicted, known: 2, minimumShare: share)
      #expect(found.predictedIDs == 4 && found.predictedNovelIDs == 2)
      #expect(found.frequentIDs == ids && found.frequentNovelIDs == novel)
    }
  }

  @Test func detectionByHand() throws {
    // Known .9 (right), .6 (wrong), .4 (right); novel .7, .4.
    let found = try metrics(
      [0, 1, 0, 5, 5], [0, 0, 0, 5, 5], score: [0.9, 0.6, 0.4, 0.7, 0.4], known: 2)
    // Pairs won: .9 beats both, .6 beats .4, .4 ties with .4.
    #expect(found.auroc == 3.5 / 6)
    // Of right ones only: .9 beats both, .4 ties.
    #expect(found.oscr == 2.5 / 6)
  }

  /// Against counting pairs one by one.
  @Test(arguments: UInt64(0)..<20)
  func detectionCountsPairs(_ seed: UInt64) throws {
    var chance = Chance(seed: seed)
    let label = (0..<60).map { _ in Int32.random(in: 0...5, using: &chance) }
    let predicted = label.map { Bool.random(using: &chance) ? $0 : 2 }
    let score = chance.floats(60, in: 0...5).map { $0.rounded() }
    let found = try metrics(label, predicted, score: score, known: 3)
    var (won, right, pairs) = (0.0, 0.0, 0.0)
    for i in label.indices where label[i] < 3 {
      for j in label.indices where label[j] >= 3 {
        let points = score[i] > score[j] ? 1 : score[i] == score[j] ? 0.5 : 0
        won += points
        right += label[i] == predicted[i] ? points : 0
        pairs += 1
      }
    }
    #expect(found.auroc == won / pairs)
    #expect(found.oscr == right / pairs)
  }

  @Test func badInputIsNamed() {
    func refused(_ sentence: String, _ body: () throws -> Metrics) {
      #expect {
        try body()
      } throws: { error in
        "\(error)" == sentence
      }
    }
    refused("label[1] is 8, not 0 to 7") { try metrics([0, 8], [0, 0], known: 2) }
    refused("predicted[0] is -1, not 0 to 7") { try metrics([0, 1], [-1, 0], known: 2) }
    refused("predicted has 1 numbers, not 2") { try metrics([0, 1], [0], known: 2) }
    refused("score has 1 numbers, not 2") { try metrics([0, 1], [0, 1], score: [1], known: 2) }
    refused("score[1] is nan") { try metrics([0, 1], [0, 1], score: [1, .nan], known: 2) }
    refused("count is 0, not 1 to 16777216") { try metrics([], [], known: 2) }
    refused("known is 9, but there are 8 classes") { try metrics([0], [0], known: 9) }
    refused("classes is 5000, not 1 to 4096") { try metrics([0], [0], known: 1, classes: 5000) }
    refused("minimum_share is 1.5, not 0.0 to 1.0") {
      try metrics([0], [0], known: 1, minimumShare: 1.5)
    }
  }
}
