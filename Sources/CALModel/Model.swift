import CALDigest
import CALNetwork
import Synchronization

/// A loaded model file. Immutable; used by any number of threads at once.
public final class Model: Sendable {
  public let spec: NetworkSpec
  public let preprocessing: Preprocessing
  public let bank: Bank
  public let decision: Decision
  public let provenance: Provenance
  /// Features of images whose method is known, by known prototype; empty if none are stored.
  public let calibration: [CalibrationClass]
  /// nil: the model has nothing about int8.
  public let quantisation: QuantisationSection?
  public let formatVersion: UInt32
  /// Numbers in the network's tensors.
  public let parameterCount: Int

  let file: FileBytes
  private let tensors: TensorTable
  private let networks = Mutex<[NetworkKey: Network]>([:])

  private struct NetworkKey: Hashable {
    let kernels: KernelSet
    let precision: Precision
  }

  /// Reads the file once and closes it.
  public convenience init(
    path: String, sizeLimit: Int = Limit.fileSize, progress: Progress? = nil
  ) throws(ModelError) {
    try self.init(FileBytes(path: path, sizeLimit: sizeLimit, progress: progress))
  }

  /// Copies the bytes of a model file.
  public convenience init(
    bytes: RawSpan, sizeLimit: Int = Limit.fileSize, progress: Progress? = nil
  ) throws(ModelError) {
    try self.init(FileBytes(copying: bytes, sizeLimit: sizeLimit, progress: progress))
  }

  private init(_ file: FileBytes) throws(ModelError) {
    let contents = try file.withBytes { bytes throws(ModelError) in try ModelContents(bytes) }
    self.file = file
    spec = contents.spec
    preprocessing = contents.preprocessing
    bank = contents.bank
    decision = contents.decision
    provenance = contents.provenance
    calibration = contents.calibration
    quantisation = contents.quantisation
    tensors = contents.tensors
    parameterCount = contents.tensors.valueCount
    formatVersion = ModelContents.formatVersion
  }

  /// Of the serialised model.
  public var digest: Digest { file.digest }
  public var fileSize: Int { file.count }

  /// One tensor of the network, decoded from the file's bytes; empty if it has no such tensor.
  public func values(of parameter: Parameter) -> [Float] {
    file.floats(tensors.range(of: parameter.name))
  }

  /// What the model is computed in unless told otherwise.
  public var defaultPrecision: Precision { quantisation?.isDefault == true ? .int8 : .fp32 }

  /// The network packed for `kernels` and a precision: on the first call for them, by so many
  /// threads, and others then wait for it. int8 needs `quantisation`.
  public func network(
    for kernels: KernelSet, _ precision: Precision = .fp32, threads: Int = 1
  ) throws(NetworkError) -> Network {
    try networks.withLock { networks throws(NetworkError) in
      let key = NetworkKey(kernels: kernels, precision: precision)
      if let network = networks[key] { return network }
      let arithmetic: Arithmetic =
        switch precision {
        case .fp32: .fp32
        case .int8: .int8(quantisation?.quantisation ?? Quantisation(ranges: [:]))
        case .bf16: .bf16
        }
      let network = try packed(
        for: kernels, arithmetic: arithmetic, threads: threads,
        isPacked: file.canGiveBack
          ? { [file, tensors] in file.didPack($0, tensors.range(of: $0.name)) } : nil)
      networks[key] = network
      return network
    }
  }

  /// A network of this model's weights that it does not keep; `recorder` sees what convolutions
  /// read.
  package func packed(
    for kernels: KernelSet, arithmetic: Arithmetic = .fp32, recorder: RangeRecorder? = nil,
    threads: Int, isPacked: ((PackedTensor) -> Void)? = nil
  ) throws(NetworkError) -> Network {
    try file.withBytes { bytes throws(NetworkError) in
      try bytes.withUnsafeBytes { bytes throws(NetworkError) in
        try Network(
          spec: spec, kernels: kernels, arithmetic: arithmetic, recorder: recorder,
          threads: threads, isPacked: isPacked,
          parameter: {
            .lent(UnsafeRawBufferPointer(rebasing: bytes[tensors.range(of: $0.name)]))
          })
      }
    }
  }

  /// Lends the serialised model: the bytes it was loaded from.
  public func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try file.withBytes(body)
  }

  /// Writes those bytes to `path`, which holds the old or the new file at any instant.
  public func save(to path: String) throws(ModelError) {
    try file.withBytes { bytes throws(ModelError) in try replaceFile(path, with: bytes) }
  }
}
