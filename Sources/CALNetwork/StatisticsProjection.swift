/// The linear forms of all statistics that a statistics neck makes features of, before these are
/// scaled: a row of weights for each feature, and a bias.
public struct StatisticsProjection: Sendable {
  let featureCount: Int
  let statisticCount: Int
  /// The rows, one after the other, then the biases.
  private let memory: FloatMemory

  init(_ spec: NetworkSpec, _ source: (Parameter) -> TensorValues) throws(NetworkError) {
    let reader = ParameterReader(spec)
    let weights = try reader.values(NetworkSpec.projection + ".weight", source)
    let biases = try reader.values(NetworkSpec.projection + ".bias", source)
    guard let memory = FloatMemory(count: weights.count + biases.count) else { throw .memory }
    for (values, start) in [(weights, 0), (biases, weights.count)] {
      values.withBytes { bytes in
        UnsafeMutableRawBufferPointer(start: memory.base + start, count: bytes.count)
          .copyMemory(from: bytes)
      }
    }
    featureCount = spec.featureCount
    statisticCount = spec.statisticCount
    self.memory = memory
  }

  func weights(_ feature: Int) -> UnsafePointer<Float> {
    UnsafePointer(memory.base + feature * statisticCount)
  }

  func bias(_ feature: Int) -> Float { memory.base[featureCount * statisticCount + feature] }

  /// A form of the features, such as a prototype's logit, as one of statistics.
  public struct Form: Sendable {
    public let weights: [Double]
    public let constant: Double
    /// The features' length, of the statistics that were given.
    public let length: Double
  }

  /// nil if a length does not fit.
  public func form(_ scales: ArraySlice<Float>, at statistics: [Double]) -> Form? {
    guard scales.count == featureCount, statistics.count == statisticCount else { return nil }
    var weights = Array(repeating: 0.0, count: statisticCount)
    var (constant, square) = (0.0, 0.0)
    for (f, scale) in scales.enumerated() {
      let (scale, row) = (Double(scale), self.weights(f))
      var feature = Double(bias(f))
      constant += scale * feature
      for j in 0..<statisticCount {
        let weight = Double(row[j])
        weights[j] += scale * weight
        feature += weight * statistics[j]
      }
      square += feature * feature
    }
    return Form(weights: weights, constant: constant, length: square.squareRoot())
  }
}
