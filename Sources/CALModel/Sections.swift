import CALDigest

/// From pixels to the network's input: crop, resize to `size` x `size` with Pillow's
/// antialiased bilinear filter, divide by 255, subtract the mean, divide by the deviation.
public struct Preprocessing: Sendable, Equatable {
  public var size: Int
  /// Of red, green and blue.
  public var mean: [Float]
  public var deviation: [Float]

  public init(size: Int, mean: [Float], deviation: [Float]) {
    self.size = size
    self.mean = mean
    self.deviation = deviation
  }

  func validate() throws(ModelError) {
    try checkCount(size, Limit.inputSize, "preprocessing.size")
    for (name, values) in [("mean", mean), ("deviation", deviation)] {
      let path = "preprocessing.\(name)"
      guard values.count == 3 else {
        throw .invalid("\(path): \(values.count) values, needs 3 (red, green, blue)")
      }
      for (i, value) in values.enumerated() where !value.isFinite {
        throw .invalid("\(path)[\(i)]: \(value), needs a finite number")
      }
    }
    for (i, value) in deviation.enumerated() where value <= 0 {
      throw .invalid("preprocessing.deviation[\(i)]: \(value), needs more than 0")
    }
  }
}

/// How probabilities become a verdict.
public struct Decision: Sendable, Equatable {
  /// Least probability of a known (a novel) top prototype for a verdict. In a model 0 to 1;
  /// a caller's override may be negative, for none.
  public var knownThreshold: Float
  public var novelThreshold: Float
  /// probabilities = softmax(logits / temperature)
  public var temperature: Float

  public init(knownThreshold: Float, novelThreshold: Float, temperature: Float) {
    self.knownThreshold = knownThreshold
    self.novelThreshold = novelThreshold
    self.temperature = temperature
  }

  func validate() throws(ModelError) {
    try checkValue(knownThreshold, Limit.threshold, "decision.known_threshold")
    try checkValue(novelThreshold, Limit.threshold, "decision.novel_threshold")
    try checkValue(temperature, Limit.temperature, "decision.temperature")
  }
}

/// Where a model comes from. Empty text and nil: not said.
public struct Provenance: Sendable, Equatable {
  /// Program and version that wrote the file.
  public var creator = ""
  public var trainingData = ""
  /// "paper", "default", or how it was imported.
  public var recipe = ""
  /// Of the model this one was made from.
  public var parent: Digest?
  /// Of the weights.
  public var licence = ""
  /// The only text that may have line feeds and tabs.
  public var description = ""
  /// Of an imported checkpoint.
  public var source: Digest?
  /// RFC 3339, UTC; empty for reproducible output. Not interpreted.
  public var created = ""

  public init() {}

  package func validate() throws(ModelError) {
    let texts = [
      ("creator", creator), ("training_data", trainingData), ("recipe", recipe),
      ("licence", licence), ("description", description), ("created", created),
    ]
    for (name, text) in texts {
      let path = "provenance." + name
      let limit = Limit.text(of: name)
      let bytes = Array(text.utf8)
      guard bytes.count <= limit else {
        throw .limit("\(path): \(bytes.count) bytes, at most \(limit)")
      }
      try checkText(bytes, breaks: name == "description", path)
    }
  }
}
