import CALDigest

/// Images whose method an examiner knows, with their features, for the next commit.
public struct ImageLabels: Sendable, Equatable {
  public enum Method: Sendable, Hashable {
    /// That of a prototype.
    case prototype(UInt64)
    /// Of the prototype that has this name when a commit is made, or else of a new one.
    case named(String)
  }

  struct Image: Sendable, Equatable {
    let method: Method
    let feature: [Float]
  }

  private(set) var images: [Digest: Image] = [:]

  public init() {}

  public var count: Int { images.count }

  /// The last word counts.
  mutating func set(_ key: Digest, _ image: Image) { images[key] = image }

  /// Throws if an image has two methods. What both have is there once.
  mutating func merge(_ other: ImageLabels) throws(UpdateError) {
    for (key, image) in other.images {
      guard let own = images[key] else {
        images[key] = image
        continue
      }
      guard own.method == image.method else {
        throw .argument("image \(key.hex) has two labels: \(own.method) and \(image.method)")
      }
      // Which only a caller can bring about who gives other features for the same image.
      if precedes(image.feature.span, own.feature.span) { images[key] = image }
    }
  }

  /// Prototypes by id, then names; the images in an order that does not depend on that of the
  /// labels.
  var methods: [(method: Method, entries: [Reservoir.Entry])] {
    var parts: [Method: [Reservoir.Entry]] = [:]
    for (key, image) in images {
      parts[image.method, default: []].append(.init(key: key, feature: image.feature))
    }
    return parts.map { ($0.key, $0.value.sorted { isBefore($0.key, $1.key) }) }
      .sorted { $0.method < $1.method }
  }

  public var countsByMethod: [(method: Method, images: Int)] {
    methods.map { ($0.method, $0.entries.count) }
  }

  private func isBefore(_ a: Digest, _ b: Digest) -> Bool {
    Reservoir.Priority(a, seed: 0) < Reservoir.Priority(b, seed: 0)
  }
}

extension ImageLabels.Method: Comparable, CustomStringConvertible {
  public static func < (a: Self, b: Self) -> Bool {
    switch (a, b) {
    case (.prototype(let a), .prototype(let b)): a < b
    case (.named(let a), .named(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
    case (.prototype, .named): true
    case (.named, .prototype): false
    }
  }

  public var description: String {
    switch self {
    case .prototype(let id): "prototype \(id)"
    case .named(let name): "\"\(name)\""
    }
  }
}

extension ImageLabels {
  func write(to writer: inout ByteWriter) {
    let methods = methods
    writer.add(UInt64(methods.count))
    for (method, entries) in methods {
      method.write(to: &writer)
      writer.add(UInt64(entries.count))
      for entry in entries {
        writer.add(entry.key)
        writer.add(entry.feature)
      }
    }
  }

  init(_ reader: inout ByteReader, features: Int) throws(UpdateError) {
    for _ in 0..<(try reader.count(size: 13)) {
      let method = try Method(&reader)
      for _ in 0..<(try reader.count(size: Digest.byteCount + 4 * features)) {
        let key = try reader.digest()
        images[key] = Image(method: method, feature: try reader.finiteFloats(features))
      }
    }
  }
}

extension ImageLabels.Method {
  fileprivate func write(to writer: inout ByteWriter) {
    switch self {
    case .named(let name):
      writer.add(UInt8(1))
      writer.add(name)
    case .prototype(let id):
      writer.add(UInt8(2))
      writer.add(id)
    }
  }

  fileprivate init(_ reader: inout ByteReader) throws(UpdateError) {
    switch try reader.number(UInt8.self) {
    case 1: self = .named(try reader.text())
    case 2: self = .prototype(try reader.number(UInt64.self))
    case let kind: throw reader.damaged("an image's label of kind \(kind)")
    }
  }
}
