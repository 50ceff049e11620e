import CModelFormat

/// Features of images of one method, as the network gives them: what an update of the bank is held
/// against.
public struct CalibrationClass: Sendable, Equatable {
  /// Of a known prototype, if it is known what made the images; of a novel one, if they are some of
  /// those that it was made from.
  public let id: UInt64
  /// One feature vector for each image.
  public let features: [[Float]]

  public init(id: UInt64, features: [[Float]]) {
    self.id = id
    self.features = features
  }

  /// Which of so many images a model keeps of a method: at most 32, spread over all of them.
  public static func chosen(of count: Int, atMost limit: Int = .max) -> [Int] {
    let kept = min(count, 32, limit)
    return (0..<kept).map { $0 * count / kept }
  }

  /// Reads the calibration message at `range`.
  static func read(
    _ bytes: RawSpan, _ range: Range<Int>, _ bank: Bank
  ) throws(ModelError) -> [CalibrationClass] {
    let parts = try MessageParts(
      bytes, range, as: Schema.calibration.type, apart: [1], path: "calibration")
    var classes: [CalibrationClass] = []
    for (i, part) in parts.apart.enumerated() {
      let path = "calibration.classes[\(i)]"
      let schema = Schema.calibrationClass
      let fields = try MessageParts(bytes, part.payload, as: schema.type, apart: [2], path: path)
      let id = try fields.unpacked(as: schema, path: path) { $0.id }
      let payload = fields.apart.first?.payload ?? 0..<0
      guard payload.count % (4 * bank.featureCount) == 0 else {
        throw .invalid(
          "\(path).features: \(payload.count) bytes, not a multiple of \(4 * bank.featureCount)")
      }
      let values = floats(bytes, payload)
      let features = stride(from: 0, to: values.count, by: bank.featureCount).map {
        Array(values[$0..<$0 + bank.featureCount])
      }
      classes.append(CalibrationClass(id: id, features: features))
    }
    try check(classes, bank)
    return classes
  }

  static func check(_ classes: [CalibrationClass], _ bank: Bank) throws(ModelError) {
    guard classes.count <= Limit.prototypes.upperBound else {
      throw .limit(
        "calibration.classes: \(classes.count), at most \(Limit.prototypes.upperBound)")
    }
    var ids: Set<UInt64> = []
    for (i, own) in classes.enumerated() {
      let path = "calibration.classes[\(i)]"
      guard let entry = bank.entry(ofID: own.id), bank.prototypes[entry].kind != .retired else {
        throw .invalid("\(path).id: \(own.id) is no prototype in use")
      }
      guard ids.insert(own.id).inserted else { throw .invalid("\(path).id: \(own.id) came before") }
      for (image, feature) in own.features.enumerated() {
        guard feature.count == bank.featureCount else {
          throw .invalid(
            "\(path).features[\(image)]: \(feature.count) numbers, needs \(bank.featureCount)")
        }
        for (f, value) in feature.enumerated() where !value.isFinite {
          throw .invalid("\(path).features[\(image)][\(f)]: \(value), needs a finite number")
        }
      }
    }
  }

  /// All of them as a field of the model message; nothing for none.
  static func field(_ classes: [CalibrationClass]) -> [UInt8] {
    guard !classes.isEmpty else { return [] }
    var body: [UInt8] = []
    for own in classes {
      var arena = PackArena()
      var message = Cal__Model__Calibration__Class()
      cal__model__calibration__class__init(&message)
      message.id = own.id
      message.features = arena.data(own.features.flatMap { $0 }.withUnsafeBytes { Array($0) })
      var packed: [UInt8] = []
      arena.pack(message, to: &packed)
      body.appendHeader(field: 1, length: packed.count)
      body += packed
    }
    var out: [UInt8] = []
    out.appendHeader(field: 8, length: body.count)
    return out + body
  }
}
