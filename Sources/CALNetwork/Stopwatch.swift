#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the time of an image goes to, in the order of an image's way.
public enum Stage: Int, CaseIterable, Sendable {
  /// Crop, resize, scaling: whatever the job does to fill the input.
  case preprocessing
  /// A digest of the pixels, if the job takes one.
  case digest
  case backbone
  /// FFE: cosine transforms, mask, gate.
  case frequency
  /// From maps to features.
  case neck
  /// Whatever the job does with the features.
  case head
  /// Workers that share an image wait for each other.
  case waiting
}

/// Takes the time of one worker's images, stage by stage. Used by one thread at a time.
///
/// Laps follow each other without a gap, and all lie between `start` and `stop`: so the stages add
/// up to the whole or less.
public final class Stopwatch: @unchecked Sendable {
  /// Nanoseconds from `start` to `stop`, of all images.
  public private(set) var whole: UInt64 = 0
  private var spent = [UInt64](repeating: 0, count: Stage.allCases.count)
  private var begin: UInt64 = 0
  private var last: UInt64 = 0

  public init() {}

  /// Nanoseconds.
  public subscript(stage: Stage) -> UInt64 { spent[stage.rawValue] }

  func start() {
    begin = Stopwatch.now()
    last = begin
  }

  /// What went by since the last lap was for `stage`.
  public func lap(_ stage: Stage) {
    let now = Stopwatch.now()
    spent[stage.rawValue] += now - last
    last = now
  }

  func stop() { whole += Stopwatch.now() - begin }

  /// A clock that never goes back.
  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

extension Step {
  var stage: Stage {
    switch self {
    case .gather, .convolution, .winograd, .int8, .bf16, .range, .maxPool: .backbone
    case .cosine, .mask, .gate: .frequency
    case .statistics, .pool, .unit, .projection: .neck
    }
  }
}
