/// Every bound on a model file. docs/MODEL_FILE.md lists the same numbers for writers.
public enum Limit {
  // The file.
  public static let fileSize = 2_147_483_647  // bytes: 2 GiB - 1
  /// Bytes of one message without its bulk (bank, tensors, vectors, tensor data), and of the
  /// unknown fields of the bank or of one prototype.
  static let messageSize = 1 << 20
  /// Bytes that protobuf-c may ask for while it unpacks one such message.
  static let unpackMemory = 16 << 20
  /// Unknown fields in one message below the top level.
  static let unknownFields = 4096

  // Text, in bytes of UTF-8.
  public static let name = 255
  static let text = 4096
  static let description = 65_536

  // The network.
  static let inputSize = 8...2048  // pixels
  static let stages = 1...8
  static let blocks = 1...256  // of a stage
  static let channels = 1...16_384  // of any feature map, and so of the feature vector
  static let hiddenChannels = 1...256  // of the frequency gate
  static let grid = 1...64
  static let tensors = 4096
  /// Bytes of the largest pair of feature maps of one image, input and output of one layer.
  static let activationSize = 2 << 30
  /// Bytes of all maps together that have statistics: evidence needs them at the same time.
  static let statisticsMaps = 2 << 30
  /// Multiply-adds for one image.
  static let work = 1_000_000_000_000

  /// That ranges of int8 were taken from.
  static let quantisationImages = 1...16_777_216

  // The bank.
  static let prototypes = 1...65_536
  /// Of epochs, ids and counted images, and of the records of an updater's journal: there is room
  /// to count on from it.
  public static let counter: UInt64 = 1 << 62

  // Numbers.
  static let epsilon: ClosedRange<Float> = Float.leastNonzeroMagnitude...1
  static let threshold: ClosedRange<Float> = 0...1
  static let temperature: ClosedRange<Float> = 1e-3...1e3

  /// Elements of the repeated field called `field`.
  static func elements(of field: String) -> Int {
    switch field {
    case "prototypes", "classes": prototypes.upperBound
    case "tensors", "inputs": tensors
    case "stages": stages.upperBound
    default: 8  // mean, deviation, shape; their exact counts are checked with their meaning
    }
  }

  /// Bytes of the string field called `field`.
  static func text(of field: String) -> Int {
    switch field {
    case "name": name
    case "description": description
    default: text
    }
  }
}
