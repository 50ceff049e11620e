/// Writes one JSON text as UTF-8, members in the order of the calls, without white space: the
/// same calls give the same bytes.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  /// Whether a comma is due before the next member or element.
  private var needsComma = false

  // MARK: Values

  mutating func object(_ members: (inout JSONWriter) -> Void) { nest("{", "}", members) }

  mutating func array(_ elements: (inout JSONWriter) -> Void) { nest("[", "]", elements) }

  mutating func value(_ text: String) {
    comma()
    quote(text)
  }

  mutating func value(_ number: some BinaryInteger) { raw(String(number)) }

  mutating func value(_ flag: Bool) { raw(flag ? "true" : "false") }

  mutating func null() { raw("null") }

  /// The fewest digits that read back to the same number, which is how Swift describes one.
  /// JSON has no infinities and no NaN: null.
  mutating func value(_ number: Float) { raw(number.isFinite ? number.description : "null") }

  mutating func value(_ number: Double) { raw(number.isFinite ? number.description : "null") }

  /// A JSON text that was written before.
  mutating func written(_ json: [UInt8]) {
    comma()
    bytes += json
  }

  // MARK: Members

  mutating func key(_ name: String) {
    comma()
    quote(name)
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  mutating func member(_ name: String, _ text: String?) {
    key(name)
    if let text { value(text) } else { null() }
  }

  mutating func member(_ name: String, _ number: some BinaryInteger) {
    key(name)
    value(number)
  }

  mutating func member(_ name: String, _ number: Float) {
    key(name)
    value(number)
  }

  // MARK: Pieces

  private mutating func nest(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void
  ) {
    comma()
    bytes.append(UInt8(ascii: open))
    needsComma = false
    body(&self)
    bytes.append(UInt8(ascii: close))
    needsComma = true
  }

  private mutating func raw(_ text: String) {
    comma()
    bytes.append(contentsOf: text.utf8)
  }

  private mutating func comma() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
    needsComma = true
  }

  /// Escapes what RFC 8259 says must be, and nothing else.
  private mutating func quote(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): bytes.append(contentsOf: "\\n".utf8)
      case UInt8(ascii: "\r"): bytes.append(contentsOf: "\\r".utf8)
      case UInt8(ascii: "\t"): bytes.append(contentsOf: "\\t".utf8)
      case 0..<0x20: escape(byte)
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ control: UInt8) {
    bytes.append(contentsOf: "\\u00\(control >> 4)".utf8)
    bytes.append(contentsOf: String(control & 15, radix: 16).utf8)
  }
}
