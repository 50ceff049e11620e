import CALDigest
import CALNetwork
import CModelFormat

extension Model {
  /// The bytes of a model file. Asks `tensor` for each of `spec.parameters` once. Everything is
  /// held to the rules that loading has, so what this gives can be loaded.
  public static func serialise(
    spec: NetworkSpec, preprocessing: Preprocessing, bank: Bank, decision: Decision,
    provenance: Provenance, tensor: (Parameter) -> [Float]
  ) throws(ModelError) -> [UInt8] {
    try spec.validate()
    try preprocessing.validate()
    try decision.validate()
    try provenance.validate()
    guard preprocessing.size == spec.inputSize else {
      throw .invalid(
        "preprocessing.size: \(preprocessing.size), the network takes \(spec.inputSize)")
    }
    try checkFeatures(of: bank, spec)

    var out: [UInt8] = []
    var arena = PackArena()
    var head = Cal__Model__Model()
    cal__model__model__init(&head)
    head.magic = ModelContents.magic
    head.format_version = ModelContents.formatVersion
    head.preprocessing = arena.place(preprocessing.message(in: &arena))
    head.network = arena.place(spec.message(in: &arena))
    arena.pack(head, to: &out)

    // A message may be packed in parts: fields of its parts, one after the other, are its own.
    out += bank.serialised(keeping: bank.unknownFields)

    var tail = Cal__Model__Model()
    cal__model__model__init(&tail)
    tail.decision = arena.place(decision.message)
    tail.provenance = arena.place(provenance.message(in: &arena))
    arena.pack(tail, to: &out)

    for parameter in spec.parameters {
      try append(parameter, tensor(parameter), to: &out)
    }
    return out
  }

  /// This model's file with `newBank` in the place of its bank, and made from `parent`, if that is
  /// given; with more calibration features, and without those of prototypes that `newBank` has
  /// retired. All else stays byte for byte, fields of a newer libcal included, also those inside
  /// bank and provenance.
  public func serialised(
    with newBank: Bank, parent: Digest? = nil, addingCalibration more: [CalibrationClass] = []
  ) throws(ModelError) -> [UInt8] {
    try checkFeatures(of: newBank, spec)
    var fields = [Field.bank: newBank.serialised(keeping: bank.unknownFields)]
    let inUse = Set(newBank.active.map { newBank.prototypes[$0].id })
    let kept = calibration.filter { inUse.contains($0.id) } + more
    if kept != calibration {
      try CalibrationClass.check(kept, newBank)
      fields[Field.calibration] = CalibrationClass.field(kept)
    }
    if let parent { fields[Field.provenance] = try provenanceField(parent) }
    return try replacing(fields)
  }

  /// This model's file with these calibration features in the place of what it has, and made from
  /// `parent`, if that is given.
  public func serialised(
    calibration: [CalibrationClass], parent: Digest? = nil
  ) throws(ModelError) -> [UInt8] {
    try CalibrationClass.check(calibration, bank)
    var fields = [Field.calibration: CalibrationClass.field(calibration)]
    if let parent { fields[Field.provenance] = try provenanceField(parent) }
    return try replacing(fields)
  }

  /// This model's file, made from `parent`, with what it says of int8 replaced.
  public func serialised(
    quantisation: QuantisationSection, parent: Digest
  ) throws(ModelError) -> [UInt8] {
    try quantisation.validate(spec)
    return try replacing([
      Field.quantisation: quantisation.field(spec),
      Field.provenance: try provenanceField(parent),
    ])
  }

  /// Numbers of fields of the model message.
  private enum Field {
    static let bank: UInt32 = 5
    static let provenance: UInt32 = 7
    static let calibration: UInt32 = 8
    static let quantisation: UInt32 = 9
    static let tensors: UInt32 = 15
  }

  /// The file with other fields of these numbers, in their old places, wherever those are; a new
  /// one stands in front of the tensors.
  private func replacing(_ fields: [UInt32: [UInt8]]) throws(ModelError) -> [UInt8] {
    try withBytes { bytes throws(ModelError) in
      var out: [UInt8] = []
      out.reserveCapacity(bytes.byteCount + fields.values.reduce(0) { $0 + $1.count })
      var missing = fields
      var scan = WireReader(0..<bytes.byteCount, path: "")
      while let field = try scan.next(bytes) { missing[field.number] = nil }
      func appendMissing() {
        for (_, field) in missing.sorted(by: { $0.key < $1.key }) { out += field }
        missing = [:]
      }
      var reader = WireReader(0..<bytes.byteCount, path: "")
      while let field = try reader.next(bytes) {
        if field.number == Field.tensors { appendMissing() }
        out += fields[field.number] ?? bytes.array(field.whole)
      }
      appendMissing()
      try checkSize(out)
      return out
    }
  }

  /// The file's provenance with another parent.
  private func provenanceField(_ parent: Digest) throws(ModelError) -> [UInt8] {
    var body = try withBytes { bytes throws(ModelError) in
      var body: [UInt8] = []
      var reader = WireReader(0..<bytes.byteCount, path: "")
      while let field = try reader.next(bytes) {
        guard field.number == Field.provenance else { continue }
        var parts = WireReader(field.payload, path: "provenance")
        while let part = try parts.next(bytes) {
          if part.number != 4 { body += bytes.array(part.whole) }
        }
      }
      return body
    }
    body.appendHeader(field: 4, length: Digest.byteCount)
    body += parent.withBytes { $0.array(0..<$0.byteCount) }
    var out: [UInt8] = []
    out.appendHeader(field: UInt64(Field.provenance), length: body.count)
    return out + body
  }
}

private func checkFeatures(of bank: Bank, _ spec: NetworkSpec) throws(ModelError) {
  guard bank.featureCount == spec.featureCount else {
    throw .invalid(
      "bank: prototypes of \(bank.featureCount) features, the network has \(spec.featureCount)")
  }
}

private func checkSize(_ out: [UInt8]) throws(ModelError) {
  guard out.count <= Limit.fileSize else {
    throw .limit("model: \(out.count) bytes, at most \(Limit.fileSize)")
  }
}

private func append(
  _ parameter: Parameter, _ values: [Float], to out: inout [UInt8]
) throws(ModelError) {
  guard values.count == parameter.count else {
    throw .invalid(
      "tensors: \"\(parameter.name)\" has \(values.count) values, needs \(parameter.count)")
  }
  try checkValues(values.span.bytes, of: parameter, path: "tensors")
  var packed: [UInt8] = []
  values.withUnsafeBytes { data in
    var arena = PackArena()
    var message = Cal__Model__Tensor()
    cal__model__tensor__init(&message)
    message.name = arena.text(parameter.name)
    message.n_shape = parameter.shape.count
    message.shape = arena.list(parameter.shape.map { UInt32($0) })
    message.type = CAL__MODEL__TENSOR__TYPE__TYPE_F32
    // protobuf-c only reads through this pointer.
    let start = UnsafeMutableRawPointer(mutating: data.baseAddress)
    message.data = ProtobufCBinaryData(
      len: data.count, data: start?.assumingMemoryBound(to: UInt8.self))
    arena.pack(message, to: &packed)
  }
  out.appendHeader(field: 15, length: packed.count)
  out += packed
  try checkSize(out)
}
