import CKernels

/// One view's way through the network, forward or backward: what every layer works with.
struct TrainingPass {
  let crew: Crew
  let kernels: UnsafePointer<calk_kernels>
  let memory: TrainingMemory
  let scratch: [WorkerScratch]
  let view: Int
  let images: Int
  /// Flat, as `ParameterLayout` says.
  let parameters: UnsafeMutablePointer<Float>
  var gradients: UnsafeMutablePointer<Float>

  func slot(_ id: SlotID) -> UnsafeMutablePointer<Float> {
    memory.arena.base + memory.offsets(view: view)[id]
  }

  func work(_ worker: Int) -> Work {
    Work(
      kernels: kernels, arena: memory.arena, offsets: memory.offsets(view: view),
      scratch: scratch[worker], workers: crew.workers)
  }

  /// Calls `body` for every part of the batch: `parts` runs of images, the same for any number of
  /// workers.
  func each(_ parts: Int, _ body: (_ part: Int, _ images: Range<Int>, _ worker: Int) -> Void) {
    crew.each(parts) { part, worker in body(part, share(images, part, of: parts), worker) }
  }
}
