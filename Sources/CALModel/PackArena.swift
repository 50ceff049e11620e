import CModelFormat

/// Memory that protobuf-c's message structs point to while they are packed.
struct PackArena: ~Copyable {
  private var blocks: [UnsafeMutableRawPointer] = []

  deinit { for block in blocks { block.deallocate() } }

  /// A copy of `values` that lives as long as the arena.
  mutating func list<Element: BitwiseCopyable>(
    _ values: [Element]
  ) -> UnsafeMutablePointer<Element> {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: values.count)
    memory.initialize(from: values, count: values.count)
    blocks.append(UnsafeMutableRawPointer(memory))
    return memory
  }

  mutating func place<Value: BitwiseCopyable>(_ value: Value) -> UnsafeMutablePointer<Value> {
    list([value])
  }

  mutating func text(_ text: String) -> UnsafeMutablePointer<CChar> {
    list(text.utf8.map { CChar(bitPattern: $0) } + [0])
  }

  mutating func data(_ bytes: [UInt8]) -> ProtobufCBinaryData {
    ProtobufCBinaryData(len: bytes.count, data: list(bytes))
  }

  /// Appends the packed `message`, which was filled by its generated initialiser, to `out`.
  mutating func pack<Message: BitwiseCopyable>(_ message: Message, to out: inout [UInt8]) {
    let base = UnsafeRawPointer(place(message)).assumingMemoryBound(to: ProtobufCMessage.self)
    let start = out.count
    out.append(contentsOf: repeatElement(0, count: protobuf_c_message_get_packed_size(base)))
    out.withUnsafeMutableBytes { buffer in
      let target = buffer.baseAddress?.advanced(by: start)
      _ = protobuf_c_message_pack(base, target?.assumingMemoryBound(to: UInt8.self))
    }
  }
}

extension [UInt8] {
  /// The tag and length that stand before a sub-message.
  mutating func appendHeader(field: UInt64, length: Int) {
    appendVarint(field << 3 | WireType.bytes.rawValue)
    appendVarint(UInt64(length))
  }

  private mutating func appendVarint(_ number: UInt64) {
    var rest = number
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }
}
