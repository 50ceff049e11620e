import CModelFormat

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A message taken apart: its bulk stays in the file, the small rest goes to protobuf-c.
struct MessageParts {
  /// Payloads of the fields that were to be taken apart, in file order.
  var apart: [(field: UInt32, payload: Range<Int>)] = []
  /// All other fields of the schema, as they stand in the file, one after the other.
  var known: [UInt8] = []

  /// Checks the message at `range` and takes it apart. Unknown fields are left in the file.
  init(
    _ bytes: RawSpan, _ range: Range<Int>, as type: MessageType, apart numbers: [UInt32],
    path: String
  ) throws(ModelError) {
    var check = MessageCheck(type, path: path)
    var reader = WireReader(range, path: path)
    while let field = try reader.next(bytes) {
      let isApart = numbers.contains(field.number)
      guard try check.check(field, bytes, apart: isApart) else { continue }
      if isApart {
        apart.append((field.number, field.payload))
      } else {
        guard field.whole.count <= Limit.messageSize - known.count else {
          let name = path.isEmpty ? "model" : path
          throw .limit("\(name): more than \(Limit.messageSize) bytes beside its bulk")
        }
        known.append(contentsOf: bytes.array(field.whole))
      }
    }
  }

  /// Has protobuf-c unpack the known fields and lends the message to `body`.
  func unpacked<Message, Result>(
    as schema: Schema<Message>, memory: Int = Limit.unpackMemory, path: String,
    _ body: (Message) throws(ModelError) -> Result
  ) throws(ModelError) -> Result {
    var left = memory
    return try withUnsafeMutablePointer(to: &left) { left throws(ModelError) in
      var allocator = ProtobufCAllocator(
        alloc: budgetedAllocation, free: { free($1) }, allocator_data: left)
      let message = protobuf_c_message_unpack(
        schema.type.descriptor, &allocator, known.count, known)
      guard let message else {
        throw .memory("\(path): protobuf-c could not unpack it within \(memory) bytes")
      }
      defer { protobuf_c_message_free_unpacked(message, &allocator) }
      return try message.withMemoryRebound(to: Message.self, capacity: 1) {
        message throws(ModelError) in try body(message.pointee)
      }
    }
  }
}

/// The fields of the message at `range` that the schema does not know, as they stand, to be
/// kept with the message's values.
func unknownFields(
  _ bytes: RawSpan, _ range: Range<Int>, of type: MessageType, path: String
) throws(ModelError) -> [UInt8] {
  var unknown: [UInt8] = []
  var reader = WireReader(range, path: path)
  while let field = try reader.next(bytes) {
    guard type.field(field.number) == nil else { continue }
    guard field.whole.count <= Limit.messageSize - unknown.count else {
      throw .limit("\(path): more than \(Limit.messageSize) bytes of unknown fields")
    }
    unknown.append(contentsOf: bytes.array(field.whole))
  }
  return unknown
}

/// protobuf-c's malloc. `budget` points to the bytes that may still be asked for; what is
/// freed is not given back, so the budget bounds the sum.
private func budgetedAllocation(
  _ budget: UnsafeMutableRawPointer?, _ size: Int
) -> UnsafeMutableRawPointer? {
  guard let left = budget?.assumingMemoryBound(to: Int.self), 0...left.pointee ~= size else {
    return nil
  }
  left.pointee -= size
  return malloc(size)
}
