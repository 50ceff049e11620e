import CKernels

/// A network in training mode: batches forward, gradients backward. Parameters and gradients are
/// the caller's, flat as `ParameterLayout` says. Used by one thread at a time; the same inputs
/// give the same bits for any number of threads, but not for another `images`: what a batch has room
/// for decides which algorithm a convolution gets.
///
/// A step of training is `begin`, `forward` of every view, `backward` of every view.
public final class TrainingNetwork {
  public let spec: NetworkSpec
  public let layout: ParameterLayout
  public let prototypes: Int
  /// The largest batch, and the number of views whose activations are kept.
  public let images: Int
  public let views: Int

  private let layers: [TrainingLayer]
  private let memory: TrainingMemory
  private let input: SlotID
  private let factors: SlotID
  private let features: Map
  private let logits: Map
  private let kernels: UnsafePointer<calk_kernels>
  private let crew: Crew
  private let scratch: [WorkerScratch]
  private let zeros: FloatMemory

  public init(
    spec: NetworkSpec, prototypes: Int, images: Int, views: Int = 2, kernels set: KernelSet,
    threads: Int
  ) throws(NetworkError) {
    guard let kernels = set.table else { throw .kernels(set) }
    self.spec = spec
    self.prototypes = prototypes
    self.images = images
    self.views = views
    self.kernels = kernels
    layout = ParameterLayout(spec, prototypes: prototypes)
    let widest = spec.parameters.map { max($0.shape[0], $0.shape.count > 1 ? $0.shape[1] : 0) }
    let run = roundUp(max(widest.max() ?? 0, prototypes, spec.featureCount), to: 16) + 64
    guard let zeros = FloatMemory(count: run) else { throw .memory }
    self.zeros = zeros
    let setting = TrainingSetting(kernels: kernels, images: images, zeros: zeros)
    let made = try TrainingCompiler(spec, layout, views: views, setting)
      .compile(prototypes: prototypes)
    layers = made.layers
    memory = made.memory
    input = made.input
    factors = made.factors
    features = made.features
    logits = made.logits
    crew = try Crew(workers: max(threads, 1))
    var size = ScratchSize()
    for layer in layers { size.grow(to: layer.scratch) }
    var scratch: [WorkerScratch] = []
    for _ in 0..<max(threads, 1) { scratch.append(try WorkerScratch(size)) }
    self.scratch = scratch
  }

  /// Bytes of activations, gradients of maps and scratch.
  public var memoryBytes: Int {
    4 * (memory.arena.count + scratch.reduce(0) { $0 + $1.floats.count })
  }

  /// Takes the parameters and the images of a step in.
  public func begin(parameters: [Float], images: Int, job: BatchJob) {
    parameters.withUnsafeBufferPointer { parameters in
      guard let base = parameters.baseAddress else { return }
      nonisolated(unsafe) let values = base
      crew.each(layers.count) { layer, _ in layers[layer].pack(values) }
    }
    crew.each(images) { image, worker in prepare(image, worker, job) }
  }

  /// One view of the batch. Its statistics move the running ones. Returns images x prototypes
  /// logits.
  public func forward(view: Int, images: Int, parameters: inout [Float]) -> [Float] {
    parameters.withUnsafeMutableBufferPointer { parameters in
      guard let base = parameters.baseAddress else { return }
      let pass = pass(view: view, images: images, parameters: base, gradients: base)
      for layer in layers { layer.forward(pass) }
    }
    let values = slot(logits.slot, view)
    return (0..<images * prototypes).map {
      values[$0 / prototypes * logits.stride + $0 % prototypes]
    }
  }

  /// From the gradient of a view's logits (images x prototypes) to those of all parameters, which
  /// are added to `gradients`. But those of prototypes behind a unit neck are replaced there: by the
  /// gradient of all views since `begin`.
  public func backward(
    view: Int, images: Int, logitGradients: [Float], parameters: inout [Float],
    gradients: inout [Float]
  ) {
    let values = slot(logits.slot, view)
    for (i, slope) in logitGradients.prefix(images * prototypes).enumerated() {
      values[i / prototypes * logits.stride + i % prototypes] = slope
    }
    parameters.withUnsafeMutableBufferPointer { parameters in
      gradients.withUnsafeMutableBufferPointer { gradients in
        guard let base = parameters.baseAddress, let sums = gradients.baseAddress else { return }
        let pass = pass(view: view, images: images, parameters: base, gradients: sums)
        for layer in layers.reversed() { layer.backward(pass) }
      }
    }
  }

  private func pass(
    view: Int, images: Int, parameters: UnsafeMutablePointer<Float>,
    gradients: UnsafeMutablePointer<Float>
  ) -> TrainingPass {
    TrainingPass(
      crew: crew, kernels: kernels, memory: memory, scratch: scratch, view: view, images: images,
      parameters: parameters, gradients: gradients)
  }

  private func prepare(_ image: Int, _ worker: Int, _ job: BatchJob) {
    let (pixels, width) = (3 * spec.inputSize * spec.inputSize, features.channels)
    func buffer(_ id: SlotID, _ view: Int, _ count: Int) -> UnsafeMutableBufferPointer<Float> {
      UnsafeMutableBufferPointer(start: slot(id, view) + image * count, count: count)
    }
    var weak = MutableSpan(_unsafeElements: buffer(input, 0, pixels))
    var strong = MutableSpan(_unsafeElements: buffer(input, views - 1, pixels))
    job.prepare(image: image, worker: worker, weak: &weak, strong: &strong)
    for view in 0..<views {
      var factors = MutableSpan(_unsafeElements: buffer(self.factors, view, width))
      job.dropOut(image: image, view: view, factors: &factors)
    }
  }

  private func slot(_ id: SlotID, _ view: Int) -> UnsafeMutablePointer<Float> {
    memory.arena.base + memory.offsets(view: view)[id]
  }
}

/// What a `TrainingNetwork` asks for every image of a batch, on any worker; different images may
/// be on different workers at once.
open class BatchJob {
  public init() {}

  /// Fills both views with 3 planes of inputSize x inputSize normalised values (red, green, blue).
  /// They are one and the same for a network of one view.
  open func prepare(
    image: Int, worker: Int, weak: inout MutableSpan<Float>, strong: inout MutableSpan<Float>
  ) {}

  /// Whether all views of the batch could be made.
  open var isComplete: Bool { true }

  /// The factor of every feature: 0 or 1 / (1 - p). 1 unless this is overridden.
  open func dropOut(image: Int, view: Int, factors: inout MutableSpan<Float>) {
    for i in 0..<factors.count { factors[i] = 1 }
  }
}
