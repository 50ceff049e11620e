import CCal
import Testing

/// cal_objective, cal_novel_threshold, cal_prune and cal_metrics as a C program sees them. What
/// they compute is tested in CALLearningTests.
@Suite struct LearningTests {
  @Test func swiftAndCAgreeOnSizes() {
    #expect(MemoryLayout<cal_objective_input>.size == 48)
    #expect(MemoryLayout<cal_objective_options>.size == 72)
    #expect(MemoryLayout<cal_objective_result>.size == 104)
    #expect(MemoryLayout<cal_prune_input>.size == 32)
    #expect(MemoryLayout<cal_prune_options>.size == 16)
    #expect(MemoryLayout<cal_prune_result>.size == 48)
    #expect(MemoryLayout<cal_metrics_input>.size == 40)
    #expect(MemoryLayout<cal_metrics_options>.size == 16)
    #expect(MemoryLayout<cal_metrics_result>.size == 200)
  }

  // MARK: Objective

  /// Two rows, two classes, one labelled.
  private final class Batch {
    let weak = Memory<Float>([1, 0, 0, 2])
    let strong = Memory<Float>([2, 0, 0, 1])
    let tag = Memory<Int32>([1, 2])
    let target = Memory<Int32>([0, -5])
    let weakGradient = Memory<Float>([7, 7, 7, 7])
    let strongGradient = Memory<Float>([7, 7, 7, 7])
    var input = cal_objective_input()
    var options = cal_objective_options()
    var result = cal_objective_result()

    init() {
      input.struct_size = 48
      input.rows = 2
      input.classes = 2
      input.known = 1
      input.weak = UnsafePointer(weak.base)
      input.strong = UnsafePointer(strong.base)
      input.tag = UnsafePointer(tag.base)
      input.target = UnsafePointer(target.base)
      options.struct_size = 72
      result.struct_size = 104
      result.weak_gradient = weakGradient.base
      result.strong_gradient = strongGradient.base
      result.gradient_capacity = 4
    }

    func run() -> cal_status { cal_objective(&input, &options, &result) }
  }

  @Test func objectiveFillsWhatIsAskedFor() {
    let full = Batch()
    expect(full.run(), CAL_OK)
    #expect(full.result.total > 0 && full.weakGradient[0] != 7 && full.strongGradient[3] != 7)
    let bare = Batch()
    bare.result.weak_gradient = nil
    bare.result.strong_gradient = nil
    bare.result.gradient_capacity = 0
    expect(cal_objective(&bare.input, nil, &bare.result), CAL_OK)
    #expect(bare.result.total == full.result.total)
    let strongOnly = Batch()
    strongOnly.result.weak_gradient = nil
    expect(strongOnly.run(), CAL_OK)
    #expect(strongOnly.weakGradient[0] == 7)
    #expect(strongOnly.strongGradient[1] == full.strongGradient[1])
  }

  /// 0 is the default, a negative number none.
  @Test func zeroOptionsAreTheDefaults() {
    let plain = Batch()
    expect(plain.run(), CAL_OK)
    let spelled = Batch()
    spelled.options.epochs = 50
    spelled.options.pseudo_epoch = 5
    spelled.options.gamma = 0.9
    spelled.options.novel_threshold = 0.9
    spelled.options.threshold_floor = 0.09
    spelled.options.teacher_temperature = 0.1
    spelled.options.student_temperature = 1
    spelled.options.ccr_weight = 0.2
    expect(spelled.run(), CAL_OK)
    #expect(spelled.result.total == plain.result.total)
    let none = Batch()
    none.options.ccr_weight = -1
    none.options.pseudo_epoch = -1
    none.options.novel_threshold = -1
    expect(none.run(), CAL_OK)
    #expect(none.result.acr_selected == 1)
    let sum = none.result.supervised + none.result.regulariser + none.result.acr
    #expect(none.result.total == sum)
  }

  @Test func objectiveRefusals() {
    func refused(_ words: String, _ change: (Batch) -> Void) {
      let batch = Batch()
      change(batch)
      batch.result.total = 4711
      expect(batch.run(), CAL_ERR_ARGUMENT, words)
      #expect(batch.result.total == 4711 && batch.weakGradient[0] == 7)
      #expect(batch.strongGradient[0] == 7)
    }
    refused("weak[1][0] is nan") { $0.weak[2] = .nan }
    refused("rows is 0") { $0.input.rows = 0 }
    refused("rows is 4294967295, not 1 to 16777216") { $0.input.rows = .max }
    refused("classes is 4294967295") { $0.input.classes = .max }
    refused("known is 4294967295") { $0.input.known = .max }
    refused("input->weak is NULL") { $0.input.weak = nil }
    refused("input->strong is NULL") { $0.input.strong = nil }
    refused("input->tag is NULL") { $0.input.tag = nil }
    refused("there are no targets") { $0.input.target = nil }
    refused("tag[1] is 0") { $0.tag[1] = 0 }
    refused("options->recipe is 2") { $0.options.recipe = 2 }
    refused("options->reserved is 9") { $0.options.reserved = 9 }
    refused("epochs is -1") { $0.options.epochs = -1 }
    refused("gamma is nan") { $0.options.gamma = .nan }
    refused("result->weak_gradient has room for 3 elements, not for 4") {
      $0.result.gradient_capacity = 3
    }
    refused("result->weak_gradient overlaps input->strong") {
      $0.result.weak_gradient = $0.strong.base
    }
    refused("result->strong_gradient overlaps result->weak_gradient") {
      $0.result.strong_gradient = $0.weakGradient.base
    }
    refused("input->weak is not aligned to 4 bytes") {
      $0.input.weak = UnsafePointer(
        OpaquePointer(UnsafeRawPointer($0.weak.base).advanced(by: 1)))
    }
  }

  @Test func structSizesAreChecked() {
    let batch = Batch()
    expect(cal_objective(nil, nil, &batch.result), CAL_ERR_ARGUMENT, "input is NULL")
    expect(cal_objective(&batch.input, nil, nil), CAL_ERR_ARGUMENT, "result is NULL")
    batch.input.struct_size = 47
    expect(batch.run(), CAL_ERR_STRUCT_SIZE, "cal_objective_input", "48")
    batch.input.struct_size = 48
    batch.options.struct_size = 0
    expect(batch.run(), CAL_ERR_STRUCT_SIZE, "cal_objective_options", "72")
    batch.options.struct_size = 72
    batch.result.struct_size = 100
    expect(batch.run(), CAL_ERR_STRUCT_SIZE, "cal_objective_result", "104")
  }

  @Test func novelThreshold() {
    var confidence = cal_confidence(sum_known: 8, sum_novel: 6, count_known: 10, count_novel: 10)
    var threshold = -1.0
    expect(cal_novel_threshold(&confidence, nil, &threshold), CAL_OK)
    #expect(abs(threshold - 0.675) < 1e-12)
    var options = cal_objective_options()
    options.struct_size = 72
    options.recipe = cal_recipe(CAL_RECIPE_PAPER)
    confidence.sum_novel = 10
    expect(cal_novel_threshold(&confidence, &options, &threshold), CAL_OK)
    #expect(abs(threshold - 1.125) < 1e-12)
    confidence.sum_known = .infinity
    expect(cal_novel_threshold(&confidence, nil, &threshold), CAL_ERR_ARGUMENT, "sum_known is inf")
    expect(cal_novel_threshold(nil, nil, &threshold), CAL_ERR_ARGUMENT, "confidence is NULL")
    expect(cal_novel_threshold(&confidence, nil, nil), CAL_ERR_ARGUMENT, "threshold is NULL")
    #expect(abs(threshold - 1.125) < 1e-12)
  }

  // MARK: Pruning

  /// One known row and three novel ones, one of which nobody uses.
  private final class PrototypeBank {
    let prototypes = Memory<Float>([9, 9, 1, 0, 0, 1, 0, 2])
    let usage = Memory<UInt64>([0, 10, 9, 0])
    let merged = Memory<Float>(Array(repeating: 7, count: 8))
    let kept = Memory<UInt32>([99, 99, 99, 99])
    let mergedInto = Memory<UInt32>([99, 99, 99, 99])
    var input = cal_prune_input()
    var options = cal_prune_options()
    var result = cal_prune_result()

    init() {
      input.struct_size = 32
      input.rows = 4
      input.features = 2
      input.known = 1
      input.prototypes = UnsafePointer(prototypes.base)
      input.usage = UnsafePointer(usage.base)
      options.struct_size = 16
      result.struct_size = 48
      result.prototypes = merged.base
      result.prototype_capacity = 8
      result.kept = kept.base
      result.merged_into = mergedInto.base
      result.row_capacity = 4
    }

    func run() -> cal_status { cal_prune(&input, &options, &result) }
  }

  @Test func pruneFillsWhatIsAskedFor() {
    let bank = PrototypeBank()
    expect(bank.run(), CAL_OK)
    #expect(bank.result.kept_count == 3)
    #expect(bank.kept.all == [0, 1, 2, 99])
    #expect(bank.mergedInto.all == [0, 1, 2, 2])
    #expect(bank.merged.all == [9, 9, 1, 0, 0, 1, 7, 7])
    let bare = PrototypeBank()
    bare.result = cal_prune_result()
    bare.result.struct_size = 48
    expect(cal_prune(&bare.input, nil, &bare.result), CAL_OK)
    #expect(bare.result.kept_count == 3)
  }

  @Test func pruneRefusals() {
    func refused(_ words: String, _ change: (PrototypeBank) -> Void) {
      let bank = PrototypeBank()
      change(bank)
      bank.result.kept_count = 4711
      expect(bank.run(), CAL_ERR_ARGUMENT, words)
      #expect(bank.result.kept_count == 4711)
      #expect(bank.kept.all == [99, 99, 99, 99] && bank.merged[0] == 7)
    }
    refused("prototypes[2][1] is -inf") { $0.prototypes[5] = -.infinity }
    refused("rows is 4294967295") { $0.input.rows = .max }
    refused("features is 4294967295") { $0.input.features = .max }
    refused("known is 5") { $0.input.known = 5 }
    refused("input->prototypes is NULL") { $0.input.prototypes = nil }
    refused("input->usage is NULL") { $0.input.usage = nil }
    refused("options->recipe is -1") { $0.options.recipe = -1 }
    refused("coverage is -0.5") { $0.options.coverage = -0.5 }
    refused("result->prototypes has room for 7") { $0.result.prototype_capacity = 7 }
    refused("result->kept has room for 3") { $0.result.row_capacity = 3 }
    refused("result->prototypes overlaps input->prototypes") {
      $0.result.prototypes = $0.prototypes.base
    }
    refused("result->merged_into overlaps result->kept") { $0.result.merged_into = $0.kept.base }
  }

  // MARK: Metrics

  private final class Evaluation {
    let label = Memory<Int32>([0, 0, 1, 2])
    let predicted = Memory<Int32>([0, 1, 1, 2])
    let score = Memory<Float>([0.9, 0.8, 0.1, 0.2])
    let confusion = Memory<UInt32>(Array(repeating: 99, count: 10))
    let match = Memory<Int32>([99, 99, 99, 99])
    var input = cal_metrics_input()
    var options = cal_metrics_options()
    var result = cal_metrics_result()

    init() {
      input.struct_size = 40
      input.count = 4
      input.classes = 3
      input.known = 1
      input.label = UnsafePointer(label.base)
      input.predicted = UnsafePointer(predicted.base)
      input.score = UnsafePointer(score.base)
      options.struct_size = 16
      result.struct_size = 200
      result.confusion = confusion.base
      result.confusion_capacity = 9
      result.match = match.base
      result.match_capacity = 3
    }

    func run() -> cal_status { cal_metrics(&input, &options, &result) }
  }

  @Test func metricsFillWhatIsAskedFor() {
    let full = Evaluation()
    expect(full.run(), CAL_OK)
    #expect(full.confusion.all == [1, 1, 0, 0, 1, 0, 0, 0, 1, 99])
    #expect(full.match.all == [0, 1, 2, 99])
    #expect(full.result.all.acc == 0.75 && full.result.strict_novel_acc == 1)
    #expect(full.result.auroc == 1 && full.result.oscr == 0.5)
    let bare = Evaluation()
    bare.input.score = nil
    bare.result.confusion = nil
    bare.result.match = nil
    expect(cal_metrics(&bare.input, nil, &bare.result), CAL_OK)
    #expect(bare.result.all.acc == 0.75)
    #expect(bare.result.auroc.isNaN && bare.result.oscr.isNaN)
  }

  /// A program compiled before `match` was there: what lies behind its struct is not touched.
  @Test func metricsForAnOlderCaller() {
    let older = Evaluation()
    older.result.struct_size = 184
    older.result.match_capacity = 0
    expect(older.run(), CAL_OK)
    #expect(older.result.strict_novel_acc == 1 && older.match.all == [99, 99, 99, 99])
  }

  @Test func metricsRefusals() {
    func refused(_ words: String, _ change: (Evaluation) -> Void) {
      let evaluation = Evaluation()
      change(evaluation)
      evaluation.result.label_ids = 4711
      expect(evaluation.run(), CAL_ERR_ARGUMENT, words)
      #expect(evaluation.result.label_ids == 4711 && evaluation.confusion[0] == 99)
    }
    refused("label[2] is 3, not 0 to 2") { $0.label[2] = 3 }
    refused("predicted[0] is -2147483648") { $0.predicted[0] = .min }
    refused("score[3] is inf") { $0.score[3] = .infinity }
    refused("count is 4294967295") { $0.input.count = .max }
    refused("classes is 4294967295") { $0.input.classes = .max }
    refused("known is 4") { $0.input.known = 4 }
    refused("input->label is NULL") { $0.input.label = nil }
    refused("input->predicted is NULL") { $0.input.predicted = nil }
    refused("options->reserved is 1") { $0.options.reserved = 1 }
    refused("minimum_share is 1.5") { $0.options.minimum_share = 1.5 }
    refused("result->confusion has room for 8") { $0.result.confusion_capacity = 8 }
    refused("result->match has room for 2") { $0.result.match_capacity = 2 }
    refused("result->match overlaps result->confusion") {
      $0.result.match = UnsafeMutablePointer(OpaquePointer($0.confusion.base))
    }
    refused("result->confusion overlaps input->label") {
      $0.result.confusion = UnsafeMutablePointer(OpaquePointer($0.label.base))
    }
  }
}

/// Numbers at an address that stays.
private final class Memory<Element> {
  let base: UnsafeMutablePointer<Element>
  private let count: Int

  init(_ elements: [Element]) {
    count = elements.count
    base = .allocate(capacity: count)
    for (i, element) in elements.enumerated() { (base + i).initialize(to: element) }
  }

  deinit { base.deallocate() }

  var all: [Element] { Array(UnsafeBufferPointer(start: base, count: count)) }

  subscript(index: Int) -> Element {
    get { base[index] }
    set { base[index] = newValue }
  }
}
