import CCal

/// A literal as a C string that lives as long as the process.
func staticText(_ text: StaticString) -> UnsafePointer<CChar> {
  UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// Copies as much of `text` as fits with its NUL, cut at a character boundary.
func copyText(_ text: String, to buffer: UnsafeMutableRawBufferPointer) {
  var text = text
  text.withUTF8 { copyText($0, to: buffer) }
}

func copyText(_ utf8: UnsafeBufferPointer<UInt8>, to buffer: UnsafeMutableRawBufferPointer) {
  guard !buffer.isEmpty else { return }
  let count = cutLength(utf8, limit: buffer.count - 1)
  buffer.copyBytes(from: utf8.prefix(count))
  buffer[count] = 0
}

/// The longest length up to `limit` that does not split a UTF-8 character.
private func cutLength(_ utf8: UnsafeBufferPointer<UInt8>, limit: Int) -> Int {
  guard limit < utf8.count else { return utf8.count }
  var length = limit
  // A continuation byte is 10xxxxxx: step back to the byte that begins its character.
  while length > 0, utf8[length] & 0xC0 == 0x80 { length -= 1 }
  return length
}

/// Where a function puts variable text, by cal.h's TEXT rule.
struct TextOutput {
  private let buffer: UnsafeMutableRawBufferPointer
  private let length: UnsafeMutablePointer<Int>

  /// Checks the three arguments before anything is computed for them.
  init(
    _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int, _ length: UnsafeMutablePointer<Int>?
  ) throws(Failure) {
    guard let length else { throw .null("length") }
    // A size_t beyond the address space's half arrives here as a negative Int.
    guard capacity >= 0 else { throw .argument("capacity is larger than any buffer") }
    guard buffer != nil || capacity == 0 else {
      throw .argument("buffer is NULL, but capacity is \(capacity)")
    }
    self.buffer = UnsafeMutableRawBufferPointer(start: buffer, count: capacity)
    self.length = length
  }

  func write(_ utf8: [UInt8]) {
    utf8.withUnsafeBufferPointer { copyText($0, to: buffer) }
    length.pointee = utf8.count
  }
}

/// The name of a file or folder: text that is not empty.
func path(_ pointer: UnsafePointer<CChar>?, name: String = "path") throws(Failure) -> String {
  let path = try text(pointer, name: name)
  guard !path.isEmpty else { throw .argument(name + " is empty") }
  return path
}

/// A caller's NUL-terminated UTF-8 as a String.
func text(_ pointer: UnsafePointer<CChar>?, name: String) throws(Failure) -> String {
  guard let pointer else { throw .null(name) }
  guard let text = String(validatingCString: pointer) else {
    throw .argument(name + " is not valid UTF-8")
  }
  return text
}
