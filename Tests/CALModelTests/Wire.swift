/// Protobuf's encoding once more, independent of the code under test, and able to write what no
/// honest writer would.
struct Wire: Sendable {
  private(set) var bytes: [UInt8] = []

  static func message(_ fill: (inout Wire) -> Void) -> [UInt8] {
    var wire = Wire()
    fill(&wire)
    return wire.bytes
  }

  mutating func raw(_ more: [UInt8]) { bytes += more }

  mutating func number(_ value: UInt64) {
    var rest = value
    while rest > 127 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func tag(_ field: UInt64, type: UInt64) { number(field << 3 | type) }

  mutating func varint(_ field: UInt64, _ value: UInt64) {
    tag(field, type: 0)
    number(value)
  }

  mutating func fixed32(_ field: UInt64, _ value: UInt32) {
    tag(field, type: 5)
    bytes += littleEndian(value)
  }

  mutating func float(_ field: UInt64, _ value: Float) { fixed32(field, value.bitPattern) }

  mutating func double(_ field: UInt64, _ value: Double) {
    tag(field, type: 1)
    bytes += littleEndian(value.bitPattern)
  }

  mutating func data(_ field: UInt64, _ value: [UInt8]) {
    tag(field, type: 2)
    number(UInt64(value.count))
    bytes += value
  }

  mutating func text(_ field: UInt64, _ value: String) { data(field, Array(value.utf8)) }

  mutating func floats(_ field: UInt64, _ values: [Float]) { data(field, littleEndian(values)) }
}

func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

func littleEndian(_ values: [Float]) -> [UInt8] { values.flatMap { littleEndian($0.bitPattern) } }
