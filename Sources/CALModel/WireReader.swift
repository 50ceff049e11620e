/// How a field's value is stored (protobuf encoding; groups, 3 and 4, are not part of proto3).
enum WireType: UInt64 {
  case varint = 0
  case fixed64 = 1
  case bytes = 2
  case fixed32 = 5

  var name: String {
    switch self {
    case .varint: "varint"
    case .fixed64: "fixed64"
    case .bytes: "bytes"
    case .fixed32: "fixed32"
    }
  }
}

/// One field where it stands in the file.
struct WireField {
  var number: UInt32
  var type: WireType
  /// From the tag to the end of the value.
  var whole: Range<Int>
  /// The value's bytes; of a length-delimited field those behind the length.
  var payload: Range<Int>
  /// The number itself, of a varint.
  var value: UInt64
}

/// Walks over the fields of the message in `bytes[offset..<end]`. Every length is checked
/// against what is left before it is used.
struct WireReader {
  private(set) var offset: Int
  let end: Int
  /// The message's place in the file, for error texts.
  let path: String

  init(_ range: Range<Int>, path: String) {
    offset = range.lowerBound
    end = range.upperBound
    self.path = path
  }

  /// nil at the end of the message.
  mutating func next(_ bytes: RawSpan) throws(ModelError) -> WireField? {
    guard offset < end else { return nil }
    let start = offset
    let tag = try varint(bytes)
    guard let number = UInt32(exactly: tag >> 3), 1...(1 << 29 - 1) ~= number else {
      throw damaged(start, "\(tag >> 3) is not a field number")
    }
    guard let type = WireType(rawValue: tag & 7) else {
      throw damaged(start, "field \(number) has wire type \(tag & 7)")
    }
    var value: UInt64 = 0
    var payload = offset..<offset
    switch type {
    case .varint:
      value = try varint(bytes)
      payload = payload.lowerBound..<offset
    case .fixed64: payload = try take(8, of: number, start)
    case .fixed32: payload = try take(4, of: number, start)
    case .bytes: payload = try take(try varint(bytes), of: number, start)
    }
    return WireField(
      number: number, type: type, whole: start..<offset, payload: payload, value: value)
  }

  /// Seven bits a byte, lowest first; at most ten bytes, of which the last holds one bit.
  mutating func varint(_ bytes: RawSpan) throws(ModelError) -> UInt64 {
    let start = offset
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      guard offset < end else { throw damaged(start, "a number runs past the end") }
      let byte = UInt64(bytes[byte: offset])
      offset += 1
      if shift == 63 && byte > 1 { break }
      value |= (byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw damaged(start, "a number has more than 64 bits")
  }

  private mutating func take(
    _ count: UInt64, of number: UInt32, _ start: Int
  ) throws(ModelError) -> Range<Int> {
    guard count <= UInt64(end - offset) else {
      throw damaged(start, "field \(number) has \(count) bytes, \(end - offset) are left")
    }
    offset += Int(count)
    return offset - Int(count)..<offset
  }

  private func damaged(_ position: Int, _ what: String) -> ModelError {
    .format("\(path.isEmpty ? "model" : path): \(what) (byte \(position) of the file)")
  }
}

extension RawSpan {
  subscript(byte offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

  /// The bytes of `range` as an array.
  func array(_ range: Range<Int>) -> [UInt8] {
    extracting(range).withUnsafeBytes { Array($0) }
  }
}
