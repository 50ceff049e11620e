import CALLearning
import CALModel
import CALNetwork
import CALTraining
import CCal

extension cal_training_options {
  /// With the network of `start`, if there is one, and the neck of the recipe.
  func options(_ start: Model?) throws(Failure) -> TrainingOptions {
    try checkReserved(reserved)
    guard known <= UInt32(CAL_CLASSES_MAX), prototypes <= UInt32(CAL_CLASSES_MAX) else {
      throw .argument(
        "options->known is \(known) and prototypes \(prototypes), at most \(CAL_CLASSES_MAX)")
    }
    let network: NetworkSpec
    if let start { network = start.spec } else { network = try spec() }
    var options = TrainingOptions(
      recipe: try CAL.recipe(recipe), spec: network, known: Int(known),
      prototypes: prototypes == 0 ? Int(10 * known) : Int(prototypes))
    options.prunes = prune != 0 || options.recipe == .default && prototypes == 0
    if epochs != 0 { options.epochs = Int(epochs) }
    if batch_size != 0 { options.batchSize = Int(batch_size) }
    if pseudo_epoch != 0 { options.objective.pseudoEpoch = Int(max(pseudo_epoch, 0)) }
    if learning_rate != 0 { options.learningRate = learning_rate }
    options.weightDecay = number(weight_decay, default: options.weightDecay)
    if decay_epochs != 0 || decay_factor != 0 {
      options.schedule = .step(
        epochs: decay_epochs == 0 ? 10 : Int(decay_epochs),
        factor: decay_factor == 0 ? 0.05 : decay_factor)
    }
    options.dropout = number(dropout, default: options.dropout)
    if gamma != 0 { options.objective.gamma = gamma }
    options.objective.ccrWeight = number(ccr_weight, default: options.objective.ccrWeight)
    if coverage != 0 { options.coverage = coverage }
    options.validation.share = validation
    options.validation.patience = Int(patience)
    options.validation.keepsBest = keep_best != 0
    options.seed = seed
    try setMachine(&options)
    try setColours(&options, start)
    return options
  }

  private func setMachine(_ options: inout TrainingOptions) throws(Failure) {
    var machine = cal_session_options()
    machine.kernels = kernels
    options.threads = try threadCount(threads)
    options.kernels = try machine.kernelSet()
    guard options.kernels != .reference else {
      throw .argument("options->kernels asks for the reference path, which cannot train")
    }
  }

  private func setColours(_ options: inout TrainingOptions, _ start: Model?) throws(Failure) {
    let given = [mean.0, mean.1, mean.2, deviation.0, deviation.1, deviation.2]
    if given.contains(where: { $0 != 0 }) {
      options.mean = Array(given[..<3])
      options.deviation = Array(given[3...])
    } else if let start {
      options.mean = start.preprocessing.mean
      options.deviation = start.preprocessing.deviation
    }
  }

  private func spec() throws(Failure) -> NetworkSpec {
    let kind = Int(block) == 0 ? CAL_BLOCK_BOTTLENECK : Int(block)
    guard kind == CAL_BLOCK_BASIC || kind == CAL_BLOCK_BOTTLENECK else {
      throw .argument("options->block is \(block), which is no CAL_BLOCK_ value")
    }
    let width = width == 0 ? 64 : Int(width)
    let given = [depth.0, depth.1, depth.2, depth.3].map { Int($0) }
    let depths = given.allSatisfy { $0 == 0 } ? [3, 4, 6, 3] : given
    for (i, blocks) in depths.enumerated() where !(1...1000 ~= blocks) {
      throw .argument("options->depth[\(i)] is \(blocks), not 1 to 1000")
    }
    // Far above what `validate` lets pass, and far below overflow.
    guard width <= CAL_FEATURES_MAX else {
      throw .argument("options->width is \(width), more than \(CAL_FEATURES_MAX)")
    }
    let stages = depths.enumerated().map { i, blocks in
      let inner = width << i
      return NetworkSpec.Stage(
        blocks: blocks, innerChannels: inner,
        outChannels: kind == CAL_BLOCK_BASIC ? inner : 4 * inner, stride: i == 0 ? 1 : 2)
    }
    let spec = NetworkSpec(
      block: kind == CAL_BLOCK_BASIC ? .basic : .bottleneck,
      stem: .init(
        kernel: small_stem == 0 ? 7 : 3, stride: small_stem == 0 ? 2 : 1, channels: width,
        maxPool: small_stem == 0),
      stages: stages, ffe: without_ffe == 0 ? .init() : nil, neck: .batchNorm(epsilon: 1e-5),
      inputSize: input_size == 0 ? 256 : Int(input_size))
    do throws(ModelError) {
      try spec.validate()
    } catch {
      throw .argument("options: \(error.description)")
    }
    return spec
  }
}
