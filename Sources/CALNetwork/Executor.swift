import CKernels
import Synchronization

/// A network with its scratch memory and threads. Used by one thread at a time.
///
/// With several workers, a batch is first shared out image by image, which needs no
/// synchronisation; the images that are left over are each worked on by all workers.
public final class Executor: @unchecked Sendable {
  public let network: Network
  public let workers: Int
  /// Floats from position to position of the map that `ImageJob.finish` receives.
  public let mapStride: Int

  /// The network's, or one of the same steps that keeps maps; nil on the reference path.
  private let plan: Plan?
  private let memory: [WorkerMemory]
  private let keepsMaps: Bool
  /// One for each worker, or none.
  private let watches: [Stopwatch]
  private let team: Team
  private let nextImage = Atomic<Int>(0)
  private let nextItem = Atomic<Int>(0)
  private var job: ImageJob?
  private var count = 0
  private var isPrepared = false

  /// With `keepsMaps`, jobs receive the maps that have statistics; they take memory. `watches`, if
  /// there are any, take the time: one for each worker.
  public init(
    network: Network, threads: Int, keepsMaps: Bool = false, watches: [Stopwatch] = []
  ) throws(NetworkError) {
    self.network = network
    workers = max(threads, 1)
    var memory: [WorkerMemory] = []
    if case .planned(let planned) = network.implementation {
      let plan = keepsMaps ? planned.keepingMaps() : planned
      mapStride = plan.map.stride
      for _ in 0..<workers { memory.append(try WorkerMemory(plan)) }
      self.plan = plan
    } else {
      mapStride = network.spec.mapChannels
      plan = nil
    }
    self.keepsMaps = keepsMaps
    self.watches = watches
    self.memory = memory
    team = try Team(workers: workers)
  }

  deinit { team.stop() }

  /// Runs images 0 to count - 1. Allocates nothing, but on the reference path.
  public func run(count: Int, job: ImageJob) {
    guard let plan else { return runReference(count: count, job: job) }
    if workers == 1 {
      for image in 0..<count { runAlone(image, worker: 0, job, plan) }
      return
    }
    self.job = job
    self.count = count
    nextImage.store(0, ordering: .relaxed)
    nextItem.store(0, ordering: .relaxed)
    team.run(Unmanaged.passUnretained(self).toOpaque()) { context, worker in
      Unmanaged<Executor>.fromOpaque(context).takeUnretainedValue().work(worker)
    }
    self.job = nil
  }

  private func work(_ worker: Int) {
    guard let job, let plan else { return }
    let alone = count - count % workers
    while true {
      let image = nextImage.wrappingAdd(1, ordering: .relaxed).oldValue
      if image >= alone { break }
      runAlone(image, worker: worker, job, plan)
    }
    for image in alone..<count { runTogether(image, worker: worker, job, plan) }
  }

  /// The whole image on one worker.
  private func runAlone(_ image: Int, worker: Int, _ job: ImageJob, _ plan: Plan) {
    let own = memory[worker]
    let watch = watch(worker)
    watch?.start()
    defer { watch?.stop() }
    guard prepare(image, worker: worker, own, job, plan) else { return }
    let work = own.work(arena: own, kernels: network.kernels, workers: 1)
    for step in plan.steps {
      for phase in 0..<step.phases(work) {
        for item in 0..<step.items(phase: phase, work) { step.run(item, phase: phase, work) }
      }
      watch?.lap(step.stage)
    }
    finish(image, worker: worker, own, job, plan)
  }

  /// One image on all workers: step by step, items to whoever is free.
  private func runTogether(_ image: Int, worker: Int, _ job: ImageJob, _ plan: Plan) {
    let shared = memory[0]
    let watch = watch(worker)
    watch?.start()
    defer {
      watch?.lap(.waiting)
      watch?.stop()
    }
    if worker == 0 { isPrepared = prepare(image, worker: 0, shared, job, plan) }
    team.barrier {}
    watch?.lap(.waiting)
    guard isPrepared else { return team.barrier {} }
    let work = memory[worker].work(arena: shared, kernels: network.kernels, workers: workers)
    for step in plan.steps {
      for phase in 0..<step.phases(work) {
        let items = step.items(phase: phase, work)
        while true {
          let item = nextItem.wrappingAdd(1, ordering: .relaxed).oldValue
          if item >= items { break }
          step.run(item, phase: phase, work)
        }
        watch?.lap(step.stage)
        team.barrier { nextItem.store(0, ordering: .relaxed) }
        watch?.lap(.waiting)
      }
    }
    if worker == 0 { finish(image, worker: 0, shared, job, plan) }
    team.barrier {}
  }

  private func watch(_ worker: Int) -> Stopwatch? { watches.isEmpty ? nil : watches[worker] }

  private func prepare(
    _ image: Int, worker: Int, _ memory: WorkerMemory, _ job: ImageJob, _ plan: Plan
  ) -> Bool {
    let size = network.spec.inputSize
    let buffer = UnsafeMutableBufferPointer(
      start: memory.slot(plan.input), count: 3 * size * size)
    var input = MutableSpan(_unsafeElements: buffer)
    defer { watch(worker)?.lap(.preprocessing) }
    return job.prepare(image: image, worker: worker, input: &input)
  }

  private func finish(
    _ image: Int, worker: Int, _ memory: WorkerMemory, _ job: ImageJob, _ plan: Plan
  ) {
    if let slot = plan.statistics {
      let statistics = UnsafeBufferPointer(
        start: UnsafePointer(memory.slot(slot)), count: network.spec.statisticCount)
      job.receive(
        statistics: Span(_unsafeElements: statistics), image: image, worker: worker)
    }
    if keepsMaps { receiveMaps(image, worker: worker, memory, job, plan) }
    let features = UnsafeBufferPointer(
      start: UnsafePointer(memory.slot(plan.features)), count: network.spec.featureCount)
    let map = UnsafeBufferPointer(
      start: UnsafePointer(memory.slot(plan.map.slot)), count: plan.map.count)
    job.finish(
      image: image, worker: worker, features: Span(_unsafeElements: features),
      map: Span(_unsafeElements: map))
    watch(worker)?.lap(.head)
  }

  private func receiveMaps(
    _ image: Int, worker: Int, _ memory: WorkerMemory, _ job: ImageJob, _ plan: Plan
  ) {
    for (slot, map) in plan.maps {
      let values = UnsafeBufferPointer(
        start: UnsafePointer(memory.slot(slot)), count: map.side * map.side * map.stride)
      job.receive(map: map, values: Span(_unsafeElements: values), image: image, worker: worker)
    }
  }

  private func runReference(count: Int, job: ImageJob) {
    guard case .reference(let reference) = network.implementation else { return }
    let size = network.spec.inputSize
    var input = [Float](repeating: 0, count: 3 * size * size)
    let watch = watch(0)
    for image in 0..<count {
      watch?.start()
      defer { watch?.stop() }
      var span = input.mutableSpan
      let isPrepared = job.prepare(image: image, worker: 0, input: &span)
      watch?.lap(.preprocessing)
      guard isPrepared else { continue }
      let maps = reference.maps(input)
      watch?.lap(.backbone)
      let map = reference.featureMap(input, maps)
      watch?.lap(.frequency)
      let features = reference.features(of: map, maps)
      watch?.lap(.neck)
      if network.spec.neck.takesStatistics { receive(maps, image, job) }
      let positions = map.positionMajor()
      job.finish(image: image, worker: 0, features: features.span, map: positions.span)
      watch?.lap(.head)
    }
  }

  private func receive(_ maps: [FeatureMap], _ image: Int, _ job: ImageJob) {
    let statistics = maps.flatMap { $0.statistics() }
    job.receive(statistics: statistics.span, image: image, worker: 0)
    guard keepsMaps else { return }
    var first = 0
    for map in maps {
      let shape = StatisticsMap(
        side: map.height, channels: map.channels, stride: map.channels, first: first)
      job.receive(map: shape, values: map.positionMajor().span, image: image, worker: 0)
      first = shape.end
    }
  }
}

/// Arena and scratch of one worker; where slots lie is the plan's, for all.
private struct WorkerMemory {
  private let arena: FloatMemory
  private let scratch: WorkerScratch
  private let offsets: SlotOffsets

  init(_ plan: Plan) throws(NetworkError) {
    guard let arena = FloatMemory(count: plan.layout.count, touched: true) else { throw .memory }
    self.arena = arena
    scratch = try WorkerScratch(plan.scratch, touched: true)
    offsets = plan.layout.offsets
  }

  func slot(_ id: SlotID) -> UnsafeMutablePointer<Float> { arena.base + offsets.base[id] }

  func work(arena owner: WorkerMemory, kernels: KernelSet, workers: Int) -> Work {
    Work(
      kernels: kernels.table.unsafelyUnwrapped, arena: owner.arena, offsets: offsets.base,
      scratch: scratch, workers: workers)
  }
}
