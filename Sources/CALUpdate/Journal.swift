import CALDigest
import CALModel

/// The log of what was observed since the snapshot. A record is, little-endian:
///
///     u32 "CALJ", u32 length of the body, u64 number, u64 checksum of these, u64 of the body, body
///
/// A checksum is the first 8 bytes of SHA-256. Numbers rise by one, to `Limit.counter`. So
/// what is read back is a prefix of what was written, and it is known where it ends.
struct Journal {
  struct Record {
    let number: UInt64
    let body: ArraySlice<UInt8>
  }

  /// What was found in a journal's file.
  struct Contents {
    var records: [Record] = []
    /// Where the last good record ends.
    var end = 0
    /// What stands there instead of a record.
    var rest = Rest.nothing

    enum Rest: Equatable {
      case nothing
      /// The beginning of a record, or room without contents: the machine stopped while it was
      /// written, so nobody was told that it had been.
      case torn
      /// Anything else: what was written has changed.
      case damaged
    }
  }

  static let headerSize = 32
  private static let magic: UInt32 = 0x4A4C_4143

  /// Bytes of the longest body.
  static let limit = Int(UInt32.max)

  /// `body` adds the body. Throws if it is longer than `limit`, which only tests set.
  static func record(
    _ number: UInt64, limit: Int = limit, _ body: (inout ByteWriter) -> Void
  ) throws(UpdateError) -> [UInt8] {
    var record = ByteWriter()
    record.add([UInt8](repeating: 0, count: headerSize))
    body(&record)
    let size = record.bytes.count - headerSize
    guard size <= limit else {
      throw .argument("\(size) bytes are too many for a record of the journal: at most \(limit)")
    }
    var header = ByteWriter()
    header.add(magic)
    header.add(UInt32(size))
    header.add(number)
    header.add(checksum(header.bytes[...]))
    header.add(checksum(record.bytes[headerSize...]))
    record.replaceFirst(with: header.bytes)
    return record.bytes
  }

  static func read(_ bytes: [UInt8]) -> Contents {
    var contents = Contents()
    while contents.end < bytes.count {
      let left = bytes[contents.end...]
      guard let record = record(at: left) else {
        contents.rest = isTorn(left) ? .torn : .damaged
        break
      }
      if let last = contents.records.last, record.number != last.number &+ 1 {
        contents.rest = .damaged
        break
      }
      contents.records.append(record)
      contents.end = record.body.endIndex
    }
    return contents
  }

  /// nil if no good record begins here.
  private static func record(at bytes: ArraySlice<UInt8>) -> Record? {
    guard let head = Head(bytes), head.length <= bytes.count - headerSize else { return nil }
    let start = bytes.startIndex + headerSize
    let body = bytes[start..<start + head.length]
    guard checksum(body) == head.bodyChecksum else { return nil }
    return Record(number: head.number, body: body)
  }

  private struct Head {
    let length: Int
    let number: UInt64
    let bodyChecksum: UInt64

    /// nil if it is not one, or not whole.
    init?(_ bytes: ArraySlice<UInt8>) {
      guard bytes.count >= headerSize else { return nil }
      func word(_ offset: Int) -> UInt64 {
        bytes.withUnsafeBytes {
          UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
      }
      guard UInt32(truncatingIfNeeded: word(0)) == magic, word(16) == checksum(bytes.prefix(16)),
        word(8) <= Limit.counter
      else { return nil }
      length = Int(word(0) >> 32)
      number = word(8)
      bodyChecksum = word(24)
    }
  }

  /// Of the last record only part may have reached the disk: the file ends within it, or its last
  /// sectors are still empty. A good head says how long it was to be, so damage before the last
  /// record is not taken for this.
  private static func isTorn(_ rest: ArraySlice<UInt8>) -> Bool {
    if rest.count < headerSize || rest.allSatisfy({ $0 == 0 }) { return true }
    guard let head = Head(rest) else { return false }
    let body = rest.dropFirst(headerSize)
    if head.length != body.count { return head.length > body.count }
    return body.suffix(512).allSatisfy { $0 == 0 }
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var sha = SHA256()
    bytes.withUnsafeBytes { sha.update($0.bytes) }
    return sha.finish().withBytes {
      UInt64(littleEndian: $0.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt64.self))
    }
  }
}
