/// Checks messages against the schema, on the file's own bytes, before anything is allocated
/// for them. What passes here is unpacked by protobuf-c without surprises: every field has its
/// type, single fields come once, counts and texts are within their limits.
struct MessageCheck {
  let type: MessageType
  let path: String
  /// How often each known field has come.
  private var counts: [Int]

  init(_ type: MessageType, path: String) {
    self.type = type
    self.path = path
    counts = [Int](repeating: 0, count: type.fieldCount)
  }

  /// Checks one field, and what is inside it unless it is to be taken `apart` later. false for
  /// a field that the schema does not know.
  mutating func check(
    _ field: WireField, _ bytes: RawSpan, apart: Bool = false
  ) throws(ModelError) -> Bool {
    guard let type = type.field(field.number) else { return false }
    try checkForm(field, type, bytes)
    if apart { return true }
    if let message = type.message {
      try MessageCheck.checkAll(message, field.payload, bytes, path: place(type))
    }
    if type.isString { try checkText(field, type, bytes) }
    return true
  }

  /// Where the field last counted is.
  func place(_ type: FieldType) -> String {
    let name = path.isEmpty ? type.name : path + "." + type.name
    return type.isRepeated && type.wireType == .bytes ? "\(name)[\(counts[type.index] - 1)]" : name
  }

  private static func checkAll(
    _ type: MessageType, _ range: Range<Int>, _ bytes: RawSpan, path: String
  ) throws(ModelError) {
    var check = MessageCheck(type, path: path)
    var reader = WireReader(range, path: path)
    var unknown = 0
    while let field = try reader.next(bytes) {
      if try check.check(field, bytes) { continue }
      unknown += 1
      if unknown > Limit.unknownFields {
        throw .limit("\(path): more than \(Limit.unknownFields) unknown fields")
      }
    }
  }

  /// Wire type, range of a number, and count.
  private mutating func checkForm(
    _ field: WireField, _ type: FieldType, _ bytes: RawSpan
  ) throws(ModelError) {
    counts[type.index] += 1
    if field.type == type.wireType {
      try checkNumber(field.value, type)
    } else if type.isRepeated && field.type == .bytes {
      counts[type.index] += try packedElements(field.payload, type, bytes) - 1
    } else {
      throw .format("\(place(type)): stored as \(field.type.name), needs \(type.wireType.name)")
    }
    if type.isRepeated {
      let limit = Limit.elements(of: type.name)
      guard counts[type.index] <= limit else {
        throw .limit("\(path.isEmpty ? "" : path + ".")\(type.name): more than \(limit) entries")
      }
    } else if counts[type.index] > 1 {
      throw .format("\(place(type)): given twice")
    }
  }

  private func checkNumber(_ value: UInt64, _ type: FieldType) throws(ModelError) {
    guard value <= type.largestVarint else {
      throw .format("\(place(type)): \(value) is over \(type.largestVarint)")
    }
  }

  /// Numbers of a repeated field may stand together in one length-delimited field.
  private func packedElements(
    _ payload: Range<Int>, _ type: FieldType, _ bytes: RawSpan
  ) throws(ModelError) -> Int {
    let size = type.wireType == .fixed64 ? 8 : 4
    guard type.wireType == .varint else {
      guard payload.count % size == 0 else {
        throw .format("\(place(type)): \(payload.count) bytes, not a multiple of \(size)")
      }
      return payload.count / size
    }
    var reader = WireReader(payload, path: place(type))
    var elements = 0
    while reader.offset < reader.end {
      try checkNumber(try reader.varint(bytes), type)
      elements += 1
    }
    return elements
  }

  private func checkText(
    _ field: WireField, _ type: FieldType, _ bytes: RawSpan
  ) throws(ModelError) {
    let limit = Limit.text(of: type.name)
    guard field.payload.count <= limit else {
      throw .limit("\(place(type)): \(field.payload.count) bytes, at most \(limit)")
    }
    let breaks = type.name == "description"
    try CALModel.checkText(bytes.array(field.payload), breaks: breaks, place(type))
  }
}

/// Throws unless `text` is UTF-8 without control characters (NUL among them: it would end the
/// text for C). With `breaks`, tabs and line feeds may stand in it.
func checkText(_ text: [UInt8], breaks: Bool, _ path: String) throws(ModelError) {
  var parser = Unicode.UTF8.ForwardParser()
  var rest = text.makeIterator()
  while true {
    switch parser.parseScalar(from: &rest) {
    case .emptyInput: return
    case .error: throw .format("\(path): not UTF-8")
    case .valid(let encoded):
      let scalar = Unicode.UTF8.decode(encoded).value
      if breaks && (scalar == 0x09 || scalar == 0x0a) { continue }
      if scalar < 0x20 || 0x7f...0x9f ~= scalar {
        throw .invalid("\(path): has the control character \(scalar)")
      }
    }
  }
}
