import CCal

/// A caller's array that is only read: there, and aligned for its elements.
func array<Element>(
  _ pointer: UnsafePointer<Element>?, count: Int, name: String
) throws(Failure) -> UnsafeBufferPointer<Element> {
  guard let pointer else { throw .null(name) }
  try checkAlignment(UnsafeRawPointer(pointer), of: Element.self, name: name)
  return UnsafeBufferPointer(start: pointer, count: count)
}

/// A caller's buffer for `count` elements; nil for NULL, which asks for nothing.
func buffer<Element>(
  _ pointer: UnsafeMutablePointer<Element>?, count: Int, capacity: UInt64, name: String
) throws(Failure) -> UnsafeMutableBufferPointer<Element>? {
  guard let pointer else { return nil }
  guard capacity >= UInt64(count) else {
    throw .argument("\(name) has room for \(capacity) elements, not for \(count)")
  }
  try checkAlignment(UnsafeRawPointer(pointer), of: Element.self, name: name)
  return UnsafeMutableBufferPointer(start: pointer, count: count)
}

private func checkAlignment<Element>(
  _ pointer: UnsafeRawPointer, of: Element.Type, name: String
) throws(Failure) {
  let alignment = MemoryLayout<Element>.alignment
  guard UInt(bitPattern: pointer) % UInt(alignment) == 0 else {
    throw .argument("\(name) is not aligned to \(alignment) bytes")
  }
}

/// A stretch of a caller's memory.
struct NamedMemory {
  let name: String
  private let start: UInt
  private let end: UInt

  init(_ name: String, _ bytes: UnsafeRawBufferPointer) {
    self.name = name
    start = UInt(bitPattern: bytes.baseAddress)
    end = start &+ UInt(bytes.count)
  }

  /// nil for a buffer that was not given.
  init?<Element>(_ name: String, _ buffer: UnsafeMutableBufferPointer<Element>?) {
    guard let buffer else { return nil }
    self.init(name, UnsafeRawBufferPointer(buffer))
  }

  /// What is written must lie apart from everything else: results would depend on the order in
  /// which they are computed.
  static func checkApart(
    outputs: [NamedMemory?], inputs: [NamedMemory]
  ) throws(Failure) {
    let outputs = outputs.compactMap { $0 }
    for (i, output) in outputs.enumerated() {
      for other in inputs + outputs[..<i] where output.overlaps(other) {
        throw .argument("\(output.name) overlaps \(other.name)")
      }
    }
  }

  private func overlaps(_ other: NamedMemory) -> Bool {
    start < other.end && other.start < end
  }
}
