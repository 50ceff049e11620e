import Foundation

@testable import CALLearning

/// The objective as docs/METHOD.md states it, formula by formula, without care for speed or for
/// large logits.
struct ObjectiveReference {
  let problem: ObjectiveCase

  var supervised: Double {
    let labelled = rows.filter { problem.tags[$0] == 1 }
    let losses = labelled.flatMap { i in
      [weak, strong].map { -log(softmax($0, i, studentTemperature)[Int(problem.targets[i])]) }
    }
    return losses.isEmpty ? 0 : losses.reduce(0, +) / Double(losses.count)
  }

  var regulariser: Double {
    let all = rows.flatMap { i in [weak, strong].map { softmax($0, i, studentTemperature) } }
    let means = classes.map { c in all.map { $0[c] }.reduce(0, +) / Double(all.count) }
    return (log(Double(means.count)) + means.map { $0 * log($0) }.reduce(0, +)) / 2
  }

  var ccr: Double {
    let lambda = Double(problem.settings.epoch + 1) / Double(problem.settings.epochs)
    let losses = rows.map { i in
      let q = softmax(weak, i, problem.settings.teacherTemperature)
      let p = softmax(strong, i, studentTemperature)
      let c = problem.settings.recipe == .paper ? q.max()! : rank(i)
      return ((1 - lambda) * c + lambda * (1 - c)) * zip(q, p).map { -$0 * log($1) }.reduce(0, +)
    }
    return losses.reduce(0, +) / Double(losses.count)
  }

  /// The share of the other rows that are less sure.
  private func rank(_ row: Int) -> Double {
    func sureness(_ i: Int) -> Double { softmax(weak, i, studentTemperature).max()! }
    guard problem.batch.rows > 1 else { return 0.5 }
    let below = rows.map { i in
      i == row ? 0 : sureness(i) < sureness(row) ? 1 : sureness(i) == sureness(row) ? 0.5 : 0
    }
    return below.reduce(0, +) / Double(problem.batch.rows - 1)
  }

  /// The rows that ACR takes with the label it gives them.
  var selection: [(row: Int, label: Int)] {
    rows.filter { problem.tags[$0] != 1 }.compactMap { i in
      if problem.tags[i] == 3 { return (i, Int(problem.targets[i])) }
      guard problem.settings.epoch >= problem.settings.pseudoEpoch else { return nil }
      let p = softmax(weak, i, studentTemperature)
      let label = p.firstIndex(of: p.max()!)!
      let least =
        label < problem.batch.known
        ? problem.settings.gamma : problem.settings.currentNovelThreshold
      return p[label] >= least ? (i, label) : nil
    }
  }

  var acr: Double {
    let losses = selection.map { row, label in
      let ofWeak = -log(softmax(weak, row, confidenceTemperature)[label])
      guard problem.settings.recipe == .default else { return ofWeak }
      return (ofWeak - log(softmax(strong, row, studentTemperature)[label])) / 2
    }
    return losses.isEmpty ? 0 : losses.reduce(0, +) / Double(losses.count)
  }

  var confidence: Confidence {
    var sums = Confidence()
    for i in rows {
      let p = softmax(weak, i, confidenceTemperature)
      let strongP = softmax(strong, i, studentTemperature)
      let label = p.firstIndex(of: p.max()!)!
      guard label == strongP.firstIndex(of: strongP.max()!)! else { continue }
      sums.add(p[label], isKnown: label < problem.batch.known)
    }
    return sums
  }

  private var rows: Range<Int> { 0..<problem.batch.rows }
  private var classes: Range<Int> { 0..<problem.batch.classes }
  private var weak: [Float] { problem.weak }
  private var strong: [Float] { problem.strong }
  private var studentTemperature: Double { problem.settings.studentTemperature }

  private var confidenceTemperature: Double {
    problem.settings.recipe == .paper ? 1 : studentTemperature
  }

  private func softmax(_ logits: [Float], _ row: Int, _ temperature: Double) -> [Double] {
    let powers = classes.map {
      exp(Double(logits[row * problem.batch.classes + $0]) / temperature)
    }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }
}
