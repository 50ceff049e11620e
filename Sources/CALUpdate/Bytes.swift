import CALDigest
import CALModel

/// Little-endian numbers, one after the other, as the files of a state have them.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

  /// Puts these bytes in the place of the first ones.
  mutating func replaceFirst(with first: [UInt8]) {
    bytes.replaceSubrange(0..<first.count, with: first)
  }

  mutating func add<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// In a list whose length the reader knows.
  mutating func add(_ numbers: [Float]) {
    #if _endian(little)
      numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
    #else
      for number in numbers { add(number.bitPattern) }
    #endif
  }

  mutating func add(_ digest: Digest) {
    digest.withBytes { $0.withUnsafeBytes { bytes.append(contentsOf: $0) } }
  }

  /// Preceded by its length in bytes.
  mutating func add(_ text: String) {
    add(UInt32(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  mutating func add(_ part: [UInt8]) { bytes.append(contentsOf: part) }
}

/// Reads what a `ByteWriter` wrote; every length is checked against what is left.
struct ByteReader {
  private let bytes: ArraySlice<UInt8>
  private let name: String
  private(set) var offset: Int

  /// `name` is the file, for error texts.
  init(_ bytes: ArraySlice<UInt8>, name: String) {
    self.bytes = bytes
    self.name = name
    offset = bytes.startIndex
  }

  var isAtEnd: Bool { offset == bytes.endIndex }

  mutating func number<Number: FixedWidthInteger>(
    _ type: Number.Type
  ) throws(UpdateError) -> Number {
    var number = Number.zero
    for (i, byte) in try take(MemoryLayout<Number>.size).enumerated() {
      number |= Number(truncatingIfNeeded: byte) << Number(8 * i)
    }
    return number
  }

  /// A number that is counted on from.
  mutating func counter() throws(UpdateError) -> UInt64 {
    let value = try number(UInt64.self)
    guard value <= Limit.counter else { throw damaged("\(value), at most \(Limit.counter)") }
    return value
  }

  /// A number of things that take at least `size` bytes each.
  mutating func count(size: Int) throws(UpdateError) -> Int {
    let value = try number(UInt64.self)
    guard value <= UInt64((bytes.endIndex - offset) / size) else {
      throw damaged("\(value) entries of \(size) bytes do not fit")
    }
    return Int(value)
  }

  mutating func floats(_ count: Int) throws(UpdateError) -> [Float] {
    guard count <= (bytes.endIndex - offset) / 4 else { throw damaged("\(count) numbers") }
    let part = try take(4 * count)
    return part.withUnsafeBytes { raw in
      (0..<count).map {
        Float(
          bitPattern: UInt32(
            littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
  }

  mutating func finiteFloats(_ count: Int) throws(UpdateError) -> [Float] {
    let numbers = try floats(count)
    guard numbers.allSatisfy(\.isFinite) else { throw damaged("a feature is not finite") }
    return numbers
  }

  mutating func digest() throws(UpdateError) -> Digest {
    let part = Array(try take(Digest.byteCount))
    guard let digest = Digest(part.span.bytes) else { throw damaged("no digest") }
    return digest
  }

  mutating func text() throws(UpdateError) -> String {
    let count = try number(UInt32.self)
    guard let text = String(validating: try take(Int(count)), as: UTF8.self) else {
      throw damaged("text that is not UTF-8")
    }
    return text
  }

  private mutating func take(_ count: Int) throws(UpdateError) -> ArraySlice<UInt8> {
    guard count <= bytes.endIndex - offset else { throw damaged("it ends too early") }
    defer { offset += count }
    return bytes[offset..<offset + count]
  }

  func damaged(_ what: String) -> UpdateError {
    .damaged("\(name) is damaged at byte \(offset): \(what)")
  }
}
