/// Where the tensors of a network and its prototypes stand in one flat array: the tensors of
/// `NetworkSpec.parameters` one after the other as PyTorch has them, then the prototypes
/// (prototypes x features).
public struct ParameterLayout: Sendable, Equatable {
  public struct Entry: Sendable, Equatable {
    public let parameter: Parameter
    public let range: Range<Int>
    /// Whether an optimiser changes it. Running statistics follow the batches instead, and the
    /// neck's bias stays as it is.
    public let isTrained: Bool
  }

  public static let prototypesName = "prototypes"

  public let entries: [Entry]
  private let starts: [String: Int]

  public init(_ spec: NetworkSpec, prototypes: Int) {
    let rows = Parameter(
      name: ParameterLayout.prototypesName, shape: [prototypes, spec.featureCount], role: .weight)
    var entries: [Entry] = []
    var starts: [String: Int] = [:]
    var start = 0
    for parameter in spec.parameters + [rows] {
      starts[parameter.name] = start
      let range = start..<start + parameter.count
      entries.append(
        Entry(
          parameter: parameter, range: range,
          isTrained: !parameter.isStatistic && parameter.name != "neck.bias"))
      start = range.upperBound
    }
    self.entries = entries
    self.starts = starts
  }

  public var count: Int { entries.last?.range.upperBound ?? 0 }

  /// Where a tensor starts.
  func start(_ name: String) throws(NetworkError) -> Int {
    guard let start = starts[name] else { throw .parameter(name) }
    return start
  }
}

extension Parameter {
  /// Running mean or variance of a BatchNorm.
  var isStatistic: Bool { name.hasSuffix(".running_mean") || name.hasSuffix(".running_var") }
}
