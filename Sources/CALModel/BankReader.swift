import CModelFormat

extension Bank {
  /// Reads the bank message at `range`; one prototype at a time is in protobuf-c's hands.
  init(_ bytes: RawSpan, _ range: Range<Int>, featureCount: Int) throws(ModelError) {
    let schema = Schema.bank
    let parts = try MessageParts(bytes, range, as: schema.type, apart: [3], path: "bank")
    var prototypes: [Prototype] = []
    prototypes.reserveCapacity(parts.apart.count)
    for (i, part) in parts.apart.enumerated() {
      let path = "bank.prototypes[\(i)]"
      prototypes.append(try Prototype(bytes, part.payload, path))
    }
    let (epoch, nextID) = try parts.unpacked(as: schema, path: "bank") { ($0.epoch, $0.next_id) }
    try self.init(
      epoch: epoch, nextID: nextID, featureCount: featureCount, prototypes: prototypes)
    unknownFields = try CALModel.unknownFields(bytes, range, of: schema.type, path: "bank")
  }
}

extension Prototype {
  fileprivate init(_ bytes: RawSpan, _ range: Range<Int>, _ path: String) throws(ModelError) {
    let schema = Schema.prototype
    let parts = try MessageParts(bytes, range, as: schema.type, apart: [4], path: path)
    self = try parts.unpacked(as: schema, path: path) { message throws(ModelError) in
      try Prototype(message, path)
    }
    if let vector = parts.apart.first?.payload {
      guard vector.count % 4 == 0 else {
        throw .invalid("\(path).vector: \(vector.count) bytes, not a multiple of 4")
      }
      self.vector = floats(bytes, vector)
    }
    unknownFields = try CALModel.unknownFields(bytes, range, of: schema.type, path: path)
  }

  private init(_ message: Cal__Model__Prototype, _ path: String) throws(ModelError) {
    guard let kind = Kind(rawValue: Int32(bitPattern: message.kind.rawValue)) else {
      throw .invalid("\(path).kind: \(message.kind.rawValue), needs 1, 2 or 3")
    }
    // Absent reads as 0, which for a prototype in use means "nowhere".
    let merged = kind == .retired || message.merged_into != 0 ? message.merged_into : message.id
    self.init(
      id: message.id, kind: kind, name: String(cString: message.name), vector: [],
      usage: message.usage, confidenceSum: message.confidence_sum,
      birthEpoch: message.birth_epoch, mergedInto: merged)
  }
}
