/// A network's weights, packed for one set of kernels. Immutable, shared by any number of
/// executors.
public final class Network: Sendable {
  public let spec: NetworkSpec
  public let kernels: KernelSet
  /// features = neckScale * (mean over positions) + neckShift: the neck's norm, folded. A unit
  /// neck divides them by their length then. Not of a statistics neck.
  public let neckScale: [Float]
  public let neckShift: [Float]
  /// Of a statistics neck.
  public let projection: StatisticsProjection?
  /// Of the convolutions in blocks.
  public let precision: Precision
  let implementation: Implementation

  enum Implementation: Sendable {
    case planned(Plan)
    case reference(ReferenceNetwork)
  }

  /// Asks `parameter` for the tensors of `spec.parameters` and keeps no copy but the packed one.
  /// `kernels` must be available. With `statistics`, jobs receive those of maps too; the
  /// reference path has none.
  public convenience init(
    spec: NetworkSpec, kernels: KernelSet, statistics: Bool = false,
    arithmetic: Arithmetic = .fp32, parameter: (Parameter) -> [Float]
  ) throws(NetworkError) {
    try self.init(
      spec: spec, kernels: kernels, statistics: statistics, arithmetic: arithmetic, threads: 1
    ) {
      .owned(parameter($0))
    }
  }

  /// The same, packed by `threads` threads, this one included. `isPacked` hears of tensors that
  /// were lent and are not needed any more.
  /// `recorder` sees what convolutions read; the reference path shows it nothing.
  package init(
    spec: NetworkSpec, kernels: KernelSet, statistics: Bool = false,
    arithmetic: Arithmetic = .fp32, recorder: RangeRecorder? = nil, threads: Int,
    isPacked: ((PackedTensor) -> Void)? = nil, parameter: (Parameter) -> TensorValues
  ) throws(NetworkError) {
    self.spec = spec
    self.kernels = kernels
    precision = arithmetic.precision
    let neck = try Network.neck(spec, parameter)
    neckScale = neck.scale
    neckShift = neck.shift
    projection = spec.neck.takesStatistics ? try StatisticsProjection(spec, parameter) : nil
    if kernels == .reference {
      var tensors: [String: [Float]] = [:]
      for entry in spec.parameters { tensors[entry.name] = parameter(entry).array }
      var network = ReferenceNetwork(spec: spec, tensors: tensors)
      let ranges = try arithmetic.ranges(spec)
      let rounded = arithmetic.rounded(spec)
      for layer in spec.blockConvolutions {
        let range = ranges[layer.weights]
        guard range != nil || rounded.contains(layer.weights) else { continue }
        let folded = try ParameterReader(spec).convolution(
          layer.name, norm: layer.norm, epsilon: spec.normEpsilon, parameter)
        if let range {
          network.int8[layer.weights] = ReferenceInt8(folded, range: range)
        } else {
          network.bf16[layer.weights] = ReferenceBF16(folded)
        }
      }
      implementation = .reference(network)
    } else {
      guard let table = kernels.table, let bf16 = kernels.bf16 else { throw .kernels(kernels) }
      let compiler = try Compiler(
        spec, kernels: table, bf16: bf16, statistics: statistics, arithmetic: arithmetic,
        recorder: recorder, crew: Crew(workers: threads), isPacked: isPacked)
      implementation = .planned(try compiler.compile(neck: neck, projection: projection, parameter))
    }
  }

  private static func neck(_ spec: NetworkSpec, _ parameter: (Parameter) -> TensorValues)
    throws(NetworkError) -> (scale: [Float], shift: [Float])
  {
    guard let epsilon = spec.neck.epsilon else {
      let count = spec.mapChannels
      return ([Float](repeating: 1, count: count), [Float](repeating: 0, count: count))
    }
    return try ParameterReader(spec).norm("neck", epsilon: epsilon, parameter)
  }
}
