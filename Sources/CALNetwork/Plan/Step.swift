import CKernels

/// One step of a plan: work on whole maps that is cut into items. Items of a phase are
/// independent of each other; phases follow each other. How the work is cut never changes a
/// result's bits: every value is computed by one item, always in the same order.
enum Step: @unchecked Sendable {
  case gather(GatherStep)
  case convolution(ConvolutionStep)
  case winograd(WinogradStep)
  case int8(Int8Step)
  case bf16(BF16Step)
  case range(RangeStep)
  case maxPool(MaxPoolStep)
  case cosine(CosineStep)
  case mask(MaskStep)
  case gate(GateStep)
  case pool(PoolStep)
  case unit(UnitStep)
  case statistics(StatisticsStep)
  case projection(ProjectionStep)

  func phases(_ work: Work) -> Int {
    if case .winograd(let step) = self { return step.phases(work) }
    return 1
  }

  func items(phase: Int, _ work: Work) -> Int {
    switch self {
    case .gather(let step): step.items
    case .convolution(let step): step.items(work)
    case .winograd(let step): step.items(phase: phase, work)
    case .int8(let step): step.items(work)
    case .bf16(let step): step.items(work)
    case .maxPool(let step): step.items
    case .cosine(let step): step.items
    case .mask(let step): step.items
    case .gate, .unit, .range: 1
    case .pool(let step): step.items
    case .statistics(let step): step.items
    case .projection(let step): step.items
    }
  }

  func run(_ item: Int, phase: Int, _ work: Work) {
    switch self {
    case .gather(let step): step.run(item, work)
    case .convolution(let step): step.run(item, work)
    case .winograd(let step): step.run(item, phase: phase, work)
    case .int8(let step): step.run(item, work)
    case .bf16(let step): step.run(item, work)
    case .range(let step): step.run(work)
    case .maxPool(let step): step.run(item, work)
    case .cosine(let step): step.run(item, work)
    case .mask(let step): step.run(item, work)
    case .gate(let step): step.run(work)
    case .pool(let step): step.run(item, work)
    case .unit(let step): step.run(work)
    case .statistics(let step): step.run(item, work)
    case .projection(let step): step.run(item, work)
    }
  }

  /// What each worker needs for an item.
  var scratch: ScratchSize {
    switch self {
    case .convolution(let step): step.scratch
    case .winograd(let step): step.scratch
    case .int8(let step): step.scratch
    case .bf16(let step): step.scratch
    case .cosine(let step): ScratchSize(floats: step.tables.scratch)
    case .mask(let step): ScratchSize(floats: step.scratch)
    default: ScratchSize()
    }
  }
}

/// What a worker works with: the image's arena, its own scratch, the loops.
struct Work {
  let kernels: UnsafePointer<calk_kernels>
  let arena: UnsafeMutablePointer<Float>
  let offsets: UnsafePointer<Int>
  let scratch: UnsafeMutablePointer<Float>
  let table: UnsafeMutablePointer<UnsafePointer<Float>?>
  /// Workers that share this image.
  let workers: Int

  init(
    kernels: UnsafePointer<calk_kernels>, arena: FloatMemory, offsets: UnsafePointer<Int>,
    scratch: WorkerScratch, workers: Int
  ) {
    self.kernels = kernels
    self.arena = arena.base
    self.offsets = offsets
    self.scratch = scratch.floats.base
    table = scratch.table
    self.workers = workers
  }

  func slot(_ id: SlotID) -> UnsafeMutablePointer<Float> { arena + offsets[id] }

  func convolutionData(
    _ inputs: (SlotID, SlotID?), residual: SlotID?, to output: SlotID
  ) -> calk_conv_data {
    var data = calk_conv_data()
    data.in.0 = UnsafePointer(slot(inputs.0))
    if let second = inputs.1 { data.in.1 = UnsafePointer(slot(second)) }
    if let residual { data.residual = UnsafePointer(slot(residual)) }
    data.out = slot(output)
    return data
  }
}

/// The part-th of `parts` nearly equal pieces of 0..<count.
func share(_ count: Int, _ part: Int, of parts: Int) -> Range<Int> {
  count * part / parts..<count * (part + 1) / parts
}

/// How many pieces of `size`, the last one perhaps smaller, `count` is cut into.
func pieces(_ count: Int, of size: Int) -> Int { (count + size - 1) / size }

func roundUp(_ n: Int, to multiple: Int) -> Int { pieces(n, of: multiple) * multiple }
