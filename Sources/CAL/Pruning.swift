import CALLearning
import CCal

@_cdecl("cal_prune") @implementation
public func cal_prune(
  _ input: UnsafePointer<cal_prune_input>!, _ options: UnsafePointer<cal_prune_options>!,
  _ result: UnsafeMutablePointer<cal_prune_result>!
) -> cal_status {
  status { () throws(Failure) in
    let target = try CallerStructs(result, name: "result")
    let bank = try CallerBank(try CallerStructs(input, name: "input").read())
    let settings = try CAL.options(options).settings()
    var answer = target.read()
    let output = try PrunedBank(answer, bank)
    let pruning = try learning { () throws(LearningError) in
      try Pruning(
        prototypes: bank.prototypes.span, usage: bank.usage.span, bank: bank.size,
        settings: settings)
    }
    try output.fill(pruning, bank)
    answer.kept_count = UInt32(pruning.kept.count)
    target.write(answer)
  }
}

extension cal_prune_options {
  fileprivate func settings() throws(Failure) -> Pruning.Settings {
    var settings = Pruning.Settings()
    settings.recipe = try CAL.recipe(recipe)
    if coverage != 0 { settings.coverage = coverage }
    return settings
  }
}

/// The caller's bank, checked as far as memory goes.
private struct CallerBank {
  let size: PrototypeRows
  let prototypes: UnsafeBufferPointer<Float>
  let usage: UnsafeBufferPointer<UInt64>

  init(_ input: cal_prune_input) throws(Failure) {
    let size = PrototypeRows(
      rows: Int(input.rows), features: Int(input.features), known: Int(input.known))
    // Before the product of two sizes.
    try learning { () throws(LearningError) in try size.check() }
    self.size = size
    prototypes = try array(
      input.prototypes, count: size.rows * size.features, name: "input->prototypes")
    usage = try array(input.usage, count: size.rows, name: "input->usage")
  }
}

/// The caller's buffers, any of which may be missing.
private struct PrunedBank {
  let prototypes: UnsafeMutableBufferPointer<Float>?
  let kept: UnsafeMutableBufferPointer<UInt32>?
  let mergedInto: UnsafeMutableBufferPointer<UInt32>?

  init(_ result: cal_prune_result, _ bank: CallerBank) throws(Failure) {
    let (rows, floats) = (bank.size.rows, bank.size.rows * bank.size.features)
    prototypes = try buffer(
      result.prototypes, count: floats, capacity: result.prototype_capacity,
      name: "result->prototypes")
    kept = try buffer(
      result.kept, count: rows, capacity: result.row_capacity, name: "result->kept")
    mergedInto = try buffer(
      result.merged_into, count: rows, capacity: result.row_capacity,
      name: "result->merged_into")
    try NamedMemory.checkApart(
      outputs: [
        NamedMemory("result->prototypes", prototypes), NamedMemory("result->kept", kept),
        NamedMemory("result->merged_into", mergedInto),
      ],
      inputs: [
        NamedMemory("input->prototypes", UnsafeRawBufferPointer(bank.prototypes)),
        NamedMemory("input->usage", UnsafeRawBufferPointer(bank.usage)),
      ])
  }

  func fill(_ pruning: Pruning, _ bank: CallerBank) throws(Failure) {
    if let prototypes {
      let used = UnsafeMutableBufferPointer(
        rebasing: prototypes[..<(pruning.kept.count * bank.size.features)])
      var span = used.mutableSpan
      guard pruning.merge(bank.prototypes.span, usage: bank.usage.span, into: &span) else {
        throw Failure(CAL_ERR_INTERNAL, "a pruned bank has another size")
      }
    }
    if let kept { for (i, row) in pruning.kept.enumerated() { kept[i] = UInt32(row) } }
    if let mergedInto {
      for (i, row) in pruning.mergedInto.enumerated() { mergedInto[i] = UInt32(row) }
    }
  }
}
