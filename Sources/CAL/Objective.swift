import CALLearning
import CCal

@_cdecl("cal_objective") @implementation
public func cal_objective(
  _ input: UnsafePointer<cal_objective_input>!,
  _ options: UnsafePointer<cal_objective_options>!,
  _ result: UnsafeMutablePointer<cal_objective_result>!
) -> cal_status {
  status { () throws(Failure) in
    let target = try CallerStructs(result, name: "result")
    let views = try ObjectiveViews(try CallerStructs(input, name: "input").read())
    let settings = try CAL.options(options).settings()
    var answer = target.read()
    let gradients = try ObjectiveGradients(answer, views)
    let objective = try learning { () throws(LearningError) in
      try Objective(
        weak: views.weak.span, strong: views.strong.span, tags: views.tags.span,
        targets: views.targets.span, batch: views.batch, settings: settings)
    }
    try gradients.fill(objective, views)
    answer.set(objective.terms)
    target.write(answer)
  }
}

@_cdecl("cal_novel_threshold") @implementation
public func cal_novel_threshold(
  _ confidence: UnsafePointer<cal_confidence>!,
  _ options: UnsafePointer<cal_objective_options>!, _ threshold: UnsafeMutablePointer<Double>!
) -> cal_status {
  status { () throws(Failure) in
    let measured = try array(confidence, count: 1, name: "confidence")[0]
    let settings = try CAL.options(options).settings()
    guard
      let out = try buffer(threshold, count: 1, capacity: 1, name: "threshold")
    else { throw .null("threshold") }
    out[0] = try learning { () throws(LearningError) in
      try settings.nextNovelThreshold(Confidence(measured))
    }
  }
}

extension cal_objective_options {
  fileprivate func settings() throws(Failure) -> ObjectiveSettings {
    try checkReserved(reserved)
    let standard = ObjectiveSettings()
    var settings = standard
    settings.recipe = try CAL.recipe(recipe)
    settings.epoch = Int(epoch)
    settings.epochs = epochs == 0 ? standard.epochs : Int(epochs)
    settings.pseudoEpoch = pseudo_epoch == 0 ? standard.pseudoEpoch : Int(max(pseudo_epoch, 0))
    settings.gamma = gamma == 0 ? standard.gamma : gamma
    settings.novelThreshold = novel_threshold == 0 ? nil : number(novel_threshold, default: 0)
    settings.thresholdFloor = threshold_floor == 0 ? nil : number(threshold_floor, default: 0)
    settings.teacherTemperature =
      teacher_temperature == 0 ? standard.teacherTemperature : teacher_temperature
    settings.studentTemperature =
      student_temperature == 0 ? standard.studentTemperature : student_temperature
    settings.ccrWeight = number(ccr_weight, default: standard.ccrWeight)
    return settings
  }
}

extension Confidence {
  fileprivate init(_ measured: cal_confidence) {
    self.init()
    (sumKnown, sumNovel) = (measured.sum_known, measured.sum_novel)
    (countKnown, countNovel) = (measured.count_known, measured.count_novel)
  }
}

extension cal_objective_result {
  fileprivate mutating func set(_ terms: Objective.Terms) {
    acr_selected = UInt32(terms.acrSelected)
    supervised = terms.supervised
    regulariser = terms.regulariser
    ccr = terms.ccr
    acr = terms.acr
    total = terms.total
    confidence = cal_confidence(
      sum_known: terms.confidence.sumKnown, sum_novel: terms.confidence.sumNovel,
      count_known: terms.confidence.countKnown, count_novel: terms.confidence.countNovel)
  }
}

/// The caller's batch, checked as far as memory goes.
private struct ObjectiveViews {
  let batch: ObjectiveBatch
  let weak: UnsafeBufferPointer<Float>
  let strong: UnsafeBufferPointer<Float>
  let tags: UnsafeBufferPointer<Int32>
  /// Empty for NULL.
  let targets: UnsafeBufferPointer<Int32>

  init(_ input: cal_objective_input) throws(Failure) {
    let batch = ObjectiveBatch(
      rows: Int(input.rows), classes: Int(input.classes), known: Int(input.known))
    // Before the product of two sizes.
    try learning { () throws(LearningError) in try batch.check() }
    self.batch = batch
    let count = batch.rows * batch.classes
    weak = try array(input.weak, count: count, name: "input->weak")
    strong = try array(input.strong, count: count, name: "input->strong")
    tags = try array(input.tag, count: batch.rows, name: "input->tag")
    targets =
      input.target == nil
      ? UnsafeBufferPointer(start: nil, count: 0)
      : try array(input.target, count: batch.rows, name: "input->target")
  }

  var memory: [NamedMemory] {
    [
      NamedMemory("input->weak", UnsafeRawBufferPointer(weak)),
      NamedMemory("input->strong", UnsafeRawBufferPointer(strong)),
      NamedMemory("input->tag", UnsafeRawBufferPointer(tags)),
      NamedMemory("input->target", UnsafeRawBufferPointer(targets)),
    ]
  }
}

/// The caller's buffers for gradients, either of which may be missing.
private struct ObjectiveGradients {
  let weak: UnsafeMutableBufferPointer<Float>?
  let strong: UnsafeMutableBufferPointer<Float>?

  init(_ result: cal_objective_result, _ views: ObjectiveViews) throws(Failure) {
    let count = views.batch.rows * views.batch.classes
    let capacity = result.gradient_capacity
    let (weakName, strongName) = ("result->weak_gradient", "result->strong_gradient")
    weak = try buffer(result.weak_gradient, count: count, capacity: capacity, name: weakName)
    strong = try buffer(result.strong_gradient, count: count, capacity: capacity, name: strongName)
    try NamedMemory.checkApart(
      outputs: [NamedMemory(weakName, weak), NamedMemory(strongName, strong)],
      inputs: views.memory)
  }

  func fill(_ objective: Objective, _ views: ObjectiveViews) throws(Failure) {
    var isFilled = true
    if let weak {
      var span = weak.mutableSpan
      isFilled = objective.weakGradient(views.weak.span, into: &span)
    }
    if let strong {
      var span = strong.mutableSpan
      let ok = objective.strongGradient(
        weak: views.weak.span, strong: views.strong.span, into: &span)
      isFilled = isFilled && ok
    }
    guard isFilled else { throw Failure(CAL_ERR_INTERNAL, "a gradient has another size") }
  }
}
