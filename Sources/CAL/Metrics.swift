import CALLearning
import CCal

@_cdecl("cal_metrics") @implementation
public func cal_metrics(
  _ input: UnsafePointer<cal_metrics_input>!, _ options: UnsafePointer<cal_metrics_options>!,
  _ result: UnsafeMutablePointer<cal_metrics_result>!
) -> cal_status {
  status { () throws(Failure) in
    let target = try CallerStructs(result, name: "result")
    let samples = try CallerSamples(try CallerStructs(input, name: "input").read())
    let share = try CAL.options(options).share()
    var answer = target.read()
    let tables = try MetricsTables(answer, samples)
    let metrics = try learning { () throws(LearningError) in
      try Metrics(
        label: samples.label.span, predicted: samples.predicted.span, score: samples.score.span,
        samples: samples.size, minimumShare: share)
    }
    tables.fill(metrics)
    answer.setCounts(metrics)
    answer.setShares(metrics)
    target.write(answer)
  }
}

extension cal_metrics_options {
  fileprivate func share() throws(Failure) -> Double {
    try checkReserved(reserved)
    return number(minimum_share, default: 0.005)
  }
}

extension cal_metrics_result {
  fileprivate mutating func setCounts(_ metrics: Metrics) {
    known_count = UInt32(metrics.knownCount)
    novel_count = UInt32(metrics.novelCount)
    label_ids = UInt32(metrics.labelIDs)
    predicted_ids = UInt32(metrics.predictedIDs)
    predicted_novel_ids = UInt32(metrics.predictedNovelIDs)
    frequent_ids = UInt32(metrics.frequentIDs)
    frequent_novel_ids = UInt32(metrics.frequentNovelIDs)
  }

  fileprivate mutating func setShares(_ metrics: Metrics) {
    all = cal_agreement(metrics.all)
    known = cal_agreement(metrics.known)
    novel = cal_agreement(metrics.novel)
    joint_known_acc = metrics.jointKnown
    joint_novel_acc = metrics.jointNovel
    strict_novel_acc = metrics.strictNovel
    macro_acc = metrics.macroAll
    macro_known_acc = metrics.macroKnown
    macro_novel_acc = metrics.macroNovel
    auroc = metrics.auroc ?? .nan
    oscr = metrics.oscr ?? .nan
  }
}

extension cal_agreement {
  fileprivate init(_ agreement: Agreement) {
    self.init(acc: agreement.acc, nmi: agreement.nmi, ari: agreement.ari)
  }
}

/// The caller's samples, checked as far as memory goes.
private struct CallerSamples {
  let size: EvaluationSamples
  let label: UnsafeBufferPointer<Int32>
  let predicted: UnsafeBufferPointer<Int32>
  /// Empty for NULL.
  let score: UnsafeBufferPointer<Float>

  init(_ input: cal_metrics_input) throws(Failure) {
    let size = EvaluationSamples(
      count: Int(input.count), classes: Int(input.classes), known: Int(input.known))
    // Before the product of two sizes.
    try learning { () throws(LearningError) in try size.check() }
    self.size = size
    label = try array(input.label, count: size.count, name: "input->label")
    predicted = try array(input.predicted, count: size.count, name: "input->predicted")
    score =
      input.score == nil
      ? UnsafeBufferPointer(start: nil, count: 0)
      : try array(input.score, count: size.count, name: "input->score")
  }
}

/// The caller's buffers, either of which may be missing.
private struct MetricsTables {
  let confusion: UnsafeMutableBufferPointer<UInt32>?
  let match: UnsafeMutableBufferPointer<Int32>?

  init(_ result: cal_metrics_result, _ samples: CallerSamples) throws(Failure) {
    let classes = samples.size.classes
    confusion = try buffer(
      result.confusion, count: classes * classes, capacity: result.confusion_capacity,
      name: "result->confusion")
    match = try buffer(
      result.match, count: classes, capacity: result.match_capacity, name: "result->match")
    try NamedMemory.checkApart(
      outputs: [
        NamedMemory("result->confusion", confusion), NamedMemory("result->match", match),
      ],
      inputs: [
        NamedMemory("input->label", UnsafeRawBufferPointer(samples.label)),
        NamedMemory("input->predicted", UnsafeRawBufferPointer(samples.predicted)),
        NamedMemory("input->score", UnsafeRawBufferPointer(samples.score)),
      ])
  }

  func fill(_ metrics: Metrics) {
    if let confusion {
      for (i, count) in metrics.confusion.enumerated() { confusion[i] = count }
    }
    if let match {
      for (i, id) in metrics.match.enumerated() { match[i] = id }
    }
  }
}
