import CALNetwork
import CModelFormat

/// What a model file says about int8: the ranges of what its convolutions read, and how much the
/// answers of the images that these were taken from changed.
public struct QuantisationSection: Sendable, Equatable {
  public var quantisation: Quantisation
  /// Compared.
  public var images: Int
  /// Those whose top prototype is the same in fp32 and int8.
  public var agreeing: Int
  /// Of a probability, over all images and prototypes.
  public var probabilityChange: Float
  /// Sessions run in int8 unless told otherwise.
  public var isDefault: Bool

  public init(
    quantisation: Quantisation, images: Int, agreeing: Int, probabilityChange: Float,
    isDefault: Bool
  ) {
    self.quantisation = quantisation
    self.images = images
    self.agreeing = agreeing
    self.probabilityChange = probabilityChange
    self.isDefault = isDefault
  }

  /// Whether int8 may be a model's default: 99 % agree.
  public var mayBeDefault: Bool { 100 * agreeing >= 99 * images }

  func validate(_ spec: NetworkSpec) throws(ModelError) {
    try checkCount(images, Limit.quantisationImages, "quantization.images")
    guard 0...images ~= agreeing else {
      throw .invalid("quantization.agreeing: \(agreeing), of \(images) images")
    }
    try checkValue(probabilityChange, 0...1, "quantization.probability_change")
    guard !isDefault || mayBeDefault else {
      throw .invalid(
        "quantization.is_default: \(agreeing) of \(images) images agree, needs 99 of 100")
    }
    for name in spec.quantisable {
      guard let range = quantisation.ranges[name] else {
        throw .invalid("quantization.inputs: \"\(name)\" is missing")
      }
      try checkValue(range, Quantisation.limit, "quantization.inputs: \"\(name)\"")
    }
  }
}

extension QuantisationSection {
  init(_ message: Cal__Model__Quantization, _ spec: NetworkSpec) throws(ModelError) {
    let known = Set(spec.quantisable)
    var ranges: [String: Float] = [:]
    let inputs = UnsafeBufferPointer(start: message.inputs, count: message.n_inputs)
    for (i, input) in inputs.enumerated() {
      guard let input = input?.pointee else { continue }
      let name = String(cString: input.name)
      guard known.contains(name) else {
        throw .invalid(
          "quantization.inputs[\(i)].name: no block has a convolution with weights \"\(name)\"")
      }
      guard ranges.updateValue(input.range, forKey: name) == nil else {
        throw .invalid("quantization.inputs[\(i)].name: \"\(name)\" is there twice")
      }
    }
    self.init(
      quantisation: Quantisation(ranges: ranges), images: Int(message.images),
      agreeing: Int(message.agreeing), probabilityChange: message.probability_change,
      isDefault: message.is_default != 0)
    try validate(spec)
  }

  /// As a field of the model message, in the order of computation.
  func field(_ spec: NetworkSpec) -> [UInt8] {
    var arena = PackArena()
    var inputs: [UnsafeMutablePointer<Cal__Model__Quantization__Input>?] = []
    for name in spec.quantisable {
      var input = Cal__Model__Quantization__Input()
      cal__model__quantization__input__init(&input)
      input.name = arena.text(name)
      input.range = quantisation.ranges[name] ?? 0
      inputs.append(arena.place(input))
    }
    var message = Cal__Model__Quantization()
    cal__model__quantization__init(&message)
    message.n_inputs = inputs.count
    message.inputs = arena.list(inputs)
    message.images = UInt32(images)
    message.agreeing = UInt32(agreeing)
    message.probability_change = probabilityChange
    message.is_default = isDefault ? 1 : 0
    var head = Cal__Model__Model()
    cal__model__model__init(&head)
    head.quantization = arena.place(message)
    var out: [UInt8] = []
    arena.pack(head, to: &out)
    return out
  }
}
