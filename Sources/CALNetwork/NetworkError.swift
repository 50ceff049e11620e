public enum NetworkError: Error, Equatable, Sendable {
  /// A thread could not be started; the system's error number.
  case threads(code: Int32)
  /// A tensor is missing or has another length than its shape says.
  case parameter(String)
  /// The range of a convolution's input is not known.
  case range(String)
  /// This CPU does not have the instructions.
  case kernels(KernelSet)
  /// Out of memory.
  case memory

  public var description: String {
    switch self {
    case .threads(let code): "a thread could not be started (error \(code))"
    case .parameter(let name): "tensor \(name) is missing or of the wrong length"
    case .range(let name): "the range of the input of \(name) is not known"
    case .kernels(let set): "this CPU cannot run the \(set.name) kernels"
    case .memory: "out of memory for weights or scratch"
    }
  }
}
