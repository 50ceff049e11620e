/// What an `Executor` calls for every image of a batch. Calls for one image come in order,
/// on one thread; different images may be on different threads at once, never with the same
/// `worker` number. Worker 0 is always the thread that called `run`.
public protocol ImageJob: AnyObject {
  /// Fills `input` with 3 planes of `inputSize` x `inputSize` normalised values (red, green,
  /// blue). Returning false skips the image.
  func prepare(image: Int, worker: Int, input: inout MutableSpan<Float>) -> Bool

  /// Receives the feature vector, and the last feature map behind the gate: position-major,
  /// `mapStride` floats from position to position, `featureCount` of them used.
  func finish(image: Int, worker: Int, features: Span<Float>, map: Span<Float>)
}

/// A network with its scratch memory and threads. Used by one thread at a time.
public final class Executor {
  public let network: Network
  public let workers: Int
  public var mapStride: Int { fatalError() }

  public init(network: Network, threads: Int) throws(NetworkError) {
    self.network = network
    workers = threads
  }

  /// Runs images 0 to count - 1. Allocates nothing.
  public func run<Job: ImageJob>(count: Int, job: Job) { fatalError() }
}

/// Weights, packed for one set of kernels. Immutable, shared by any number of executors.
public final class Network: Sendable {
  public let spec: NetworkSpec
  public let kernels: KernelSet
  /// features = scale * mean over positions + shift (the neck, folded; ones and zeros if none).
  public let neckScale: [Float]
  public let neckShift: [Float]

  /// Asks `parameter` for each tensor of `spec.parameters` once and keeps no other copy.
  public init<E: Error>(
    spec: NetworkSpec, kernels: KernelSet, parameter: (Parameter) throws(E) -> [Float]
  ) throws(E) { fatalError() }
}

public enum KernelSet: Int32, Sendable, CaseIterable {
  case portable = 1
  case avx2 = 2
  case avx512 = 3
  case reference = 9

  public var name: String { fatalError() }
  public var isAvailable: Bool { fatalError() }
  public static var best: KernelSet { fatalError() }
}

public enum NetworkError: Error {
  case threads(code: Int32)
  case memory(bytes: Int)
}
