import CModelFormat

extension Bank {
  /// The bank as a field of the model message. `unknownFields` are a newer libcal's, to be kept.
  func serialised(keeping unknownFields: [UInt8]) -> [UInt8] {
    var body: [UInt8] = []
    body.reserveCapacity(4 * matrix.count + 512 * prototypes.count)
    appendHead(to: &body)
    for prototype in prototypes { prototype.append(to: &body) }
    body += unknownFields

    var field: [UInt8] = []
    field.appendHeader(field: 5, length: body.count)
    return field + body
  }

  /// Everything but the prototypes.
  private func appendHead(to out: inout [UInt8]) {
    var message = Cal__Model__Bank()
    cal__model__bank__init(&message)
    message.epoch = epoch
    message.next_id = nextID
    var arena = PackArena()
    arena.pack(message, to: &out)
  }
}

extension Prototype {
  fileprivate func append(to out: inout [UInt8]) {
    var arena = PackArena()
    var packed: [UInt8] = []
    arena.pack(message(in: &arena), to: &packed)
    packed += unknownFields
    out.appendHeader(field: 3, length: packed.count)
    out += packed
  }

  private func message(in arena: inout PackArena) -> Cal__Model__Prototype {
    var message = Cal__Model__Prototype()
    cal__model__prototype__init(&message)
    message.id = id
    message.kind = Cal__Model__Prototype__Kind(UInt32(kind.rawValue))
    message.name = arena.text(name)
    message.vector = arena.data(vector.withUnsafeBytes { Array($0) })
    message.usage = usage
    message.confidence_sum = confidenceSum
    message.birth_epoch = birthEpoch
    message.merged_into = kind == .retired ? mergedInto : 0
    return message
  }
}
