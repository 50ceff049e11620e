/// What an `Executor` calls for every image of a batch. Calls for one image come in order, on
/// one thread; different images may be on different threads at once, never with the same
/// `worker` number. Worker 0 is always the thread that called `run`.
open class ImageJob {
  public init() {}

  /// Fills `input` with 3 planes of `inputSize` x `inputSize` normalised values (red, green,
  /// blue). Returning false skips the image.
  open func prepare(image: Int, worker: Int, input: inout MutableSpan<Float>) -> Bool { false }

  /// Receives the feature vector, and the last feature map, behind the gate unless the neck is one
  /// of statistics: position-major, `mapStride` floats from position to position, `mapChannels` of
  /// them used.
  open func finish(image: Int, worker: Int, features: Span<Float>, map: Span<Float>) {}

  /// Comes before `finish`, if the network was made with statistics: for the stem and then for
  /// every block, behind the ReLU, the square root of the mean of each channel over the map's
  /// positions, then that of the standard deviation of each.
  open func receive(statistics: Span<Float>, image: Int, worker: Int) {}

  /// Comes between the two for each of these maps, if the executor keeps maps.
  open func receive(map: StatisticsMap, values: Span<Float>, image: Int, worker: Int) {}
}

/// A square map that has statistics.
public struct StatisticsMap: Sendable {
  public let side: Int
  public let channels: Int
  /// Floats from position to position.
  public let stride: Int
  /// Where its means stand among the statistics; its deviations stand behind them.
  public let first: Int

  /// Where the next map's means stand.
  var end: Int { first + 2 * channels }
}
