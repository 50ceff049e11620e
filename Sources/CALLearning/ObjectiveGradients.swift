/// d total / d logits. Targets, weights and selections count as constants, as they are detached
/// in the published code: CCR moves only the strong view, and ACR as published only the weak one.
extension Objective {
  /// `weak` is what the objective was made from. false if a length is not its own.
  public func weakGradient(
    _ weak: Span<Float>, into gradient: inout MutableSpan<Float>
  ) -> Bool {
    guard fits(weak.count), fits(gradient.count) else { return false }
    var view = Softmax(classes: batch.classes, temperature: settings.studentTemperature)
    var measured = Softmax(classes: batch.classes, temperature: settings.confidenceTemperature)
    var sum = Array(repeating: 0.0, count: batch.classes)
    for (i, row) in rows.enumerated() {
      view.read(weak, row: i)
      addShared(view, row, to: &sum)
      if row.pseudoLabel >= 0 {
        measured.read(weak, row: i)
        measured.addGradient(reinforcementWeight, class: row.pseudoLabel, to: &sum)
      }
      move(&sum, to: &gradient, row: i)
    }
    return true
  }

  /// `weak` and `strong` are what the objective was made from. false if a length is not its own.
  public func strongGradient(
    weak: Span<Float>, strong: Span<Float>, into gradient: inout MutableSpan<Float>
  ) -> Bool {
    guard fits(weak.count), fits(strong.count), fits(gradient.count) else { return false }
    var view = Softmax(classes: batch.classes, temperature: settings.studentTemperature)
    var teacher = Softmax(classes: batch.classes, temperature: settings.teacherTemperature)
    var sum = Array(repeating: 0.0, count: batch.classes)
    for (i, row) in rows.enumerated() {
      view.read(strong, row: i)
      teacher.read(weak, row: i)
      addShared(view, row, to: &sum)
      let weight = settings.ccrWeight * row.ccrWeight / Double(batch.rows)
      view.addGradient(weight, target: teacher.probabilities, to: &sum)
      if row.pseudoLabel >= 0 && settings.acrIsShared {
        view.addGradient(reinforcementWeight, class: row.pseudoLabel, to: &sum)
      }
      move(&sum, to: &gradient, row: i)
    }
    return true
  }

  /// Of one view of a row that ACR has a label for.
  private var reinforcementWeight: Double {
    1 / Double(terms.acrSelected) / (settings.acrIsShared ? 2 : 1)
  }

  /// Supervised term and regulariser, which treat both views alike.
  private func addShared(_ view: Softmax, _ row: Row, to sum: inout [Double]) {
    if row.target >= 0 {
      view.addGradient(1 / Double(2 * labelled), class: row.target, to: &sum)
    }
    // dR/dz_c = p_c (log m_c - sum_k p_k log m_k) / (2 * 2 rows * tau_s), m the mean.
    var expected = 0.0
    for c in sum.indices { expected += view.probabilities[c] * logMean[c] }
    let scale = 1 / (4 * Double(batch.rows) * view.temperature)
    for c in sum.indices {
      sum[c] += scale * view.probabilities[c] * (logMean[c] - expected)
    }
  }

  private func fits(_ count: Int) -> Bool { count == batch.rows * batch.classes }

  /// Leaves zeros behind.
  private func move(
    _ sum: inout [Double], to gradient: inout MutableSpan<Float>, row: Int
  ) {
    for c in sum.indices {
      gradient[row * sum.count + c] = Float(sum[c])
      sum[c] = 0
    }
  }
}
