import CALNetwork
import CModelFormat

/// What a model file says, checked.
struct ModelContents {
  static let magic: UInt32 = 0x4d4c_4143  // "CALM" in the file
  static let formatVersion: UInt32 = 1

  let preprocessing: Preprocessing
  let spec: NetworkSpec
  let bank: Bank
  let decision: Decision
  let provenance: Provenance
  let tensors: TensorTable
  let calibration: [CalibrationClass]
  let quantisation: QuantisationSection?

  init(_ bytes: RawSpan) throws(ModelError) {
    try checkMagic(bytes)
    try checkVersion(bytes)
    let schema = Schema.model
    let parts = try MessageParts(
      bytes, 0..<bytes.byteCount, as: schema.type, apart: [5, 8, 15], path: "")
    guard let bank = parts.apart.first(where: { $0.field == 5 }) else {
      throw .invalid("bank: missing")
    }
    (preprocessing, spec, decision, provenance, quantisation) = try parts.unpacked(
      as: schema, path: "model"
    ) {
      message throws(ModelError) in try sections(message)
    }
    let prototypes = try Bank(bytes, bank.payload, featureCount: spec.featureCount)
    self.bank = prototypes
    let stored = parts.apart.first { $0.field == 8 }
    calibration =
      try stored.map { field throws(ModelError) in
        try CalibrationClass.read(bytes, field.payload, prototypes)
      } ?? []
    let payloads = parts.apart.filter { $0.field == 15 }.map(\.payload)
    tensors = try TensorTable(bytes, payloads, spec: spec)
  }
}

/// A model file begins with its magic number as field 1.
private func checkMagic(_ bytes: RawSpan) throws(ModelError) {
  let expected: [UInt8] = [0x0d, 0x43, 0x41, 0x4c, 0x4d]
  let count = min(bytes.byteCount, expected.count)
  let start = bytes.array(0..<count)
  guard start == expected else {
    let found = start.isEmpty ? "nothing" : hex(start)
    throw .format("not a CAL model file: it begins with \(found), needs \(hex(expected))")
  }
}

private func hex(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
}

/// Before anything else is looked at: a newer file may break any other rule of this one.
private func checkVersion(_ bytes: RawSpan) throws(ModelError) {
  var reader = WireReader(0..<bytes.byteCount, path: "")
  while let field = try reader.next(bytes) {
    guard field.number == 2, field.type == .varint else { continue }
    if field.value == ModelContents.formatVersion { return }
    if field.value == 0 { break }
    throw .version(
      "format_version: \(field.value), this libcal reads \(ModelContents.formatVersion)")
  }
  throw .format("format_version: missing")
}

private func sections(
  _ message: Cal__Model__Model
) throws(ModelError) -> (
  Preprocessing, NetworkSpec, Decision, Provenance, QuantisationSection?
) {
  guard let preprocessing = message.preprocessing else {
    throw .invalid("preprocessing: missing")
  }
  guard let network = message.network else { throw .invalid("network: missing") }
  guard let decision = message.decision else { throw .invalid("decision: missing") }
  let read = try Preprocessing(preprocessing.pointee)
  let spec = try NetworkSpec(network.pointee, inputSize: read.size)
  return (
    read, spec, try Decision(decision.pointee),
    try message.provenance.map { message throws(ModelError) in try Provenance(message.pointee) }
      ?? Provenance(),
    try message.quantization.map { message throws(ModelError) in
      try QuantisationSection(message.pointee, spec)
    }
  )
}
