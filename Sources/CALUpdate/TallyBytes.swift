import CALDigest

/// A tally as bytes: the body of a journal's record and of a snapshot. The same tally gives the
/// same bytes, whatever order it came about in.
extension Tally {
  func write(to writer: inout ByteWriter) {
    // Once: making room exactly, again and again, would copy everything each time.
    writer.reserve(([reservoir] + Array(samples.values)).reduce(0) { $0 + $1.byteCount })
    writer.add(seen)
    writer.add(unexplained)
    writer.add(UInt64(counts.count))
    for (id, count) in counts.sorted(by: { $0.key < $1.key }) {
      writer.add(id)
      writer.add(count.images)
      writer.add(count.confidence)
    }
    writer.add(UInt64(labels.count))
    for (id, label) in labels.sorted(by: { $0.key < $1.key }) {
      writer.add(id)
      label.write(to: &writer)
    }
    reservoir.write(to: &writer)
    writer.add(UInt64(samples.count))
    for (id, sample) in samples.sorted(by: { $0.key < $1.key }) {
      writer.add(id)
      sample.write(to: &writer)
    }
    if imageLabels.count > 0 { imageLabels.write(to: &writer) }
  }

  init(
    _ reader: inout ByteReader, _ settings: UpdateSettings, features: Int
  ) throws(UpdateError) {
    self.init(settings)
    seen = try reader.number(UInt64.self)
    unexplained = try reader.number(UInt64.self)
    for _ in 0..<(try reader.count(size: 24)) {
      let id = try reader.number(UInt64.self)
      counts[id] = Count(
        images: try reader.number(UInt64.self), confidence: try reader.number(UInt64.self))
    }
    for _ in 0..<(try reader.count(size: 13)) {
      let id = try reader.number(UInt64.self)
      labels[id] = try Label(&reader)
    }
    try reservoir.read(&reader, features: features)
    for _ in 0..<(try reader.count(size: 16)) {
      let id = try reader.number(UInt64.self)
      var sample = Reservoir(seed: settings.seed, capacity: settings.samples)
      try sample.read(&reader, features: features)
      samples[id] = sample
    }
    // At the end, and only if there are any: earlier versions wrote none.
    if !reader.isAtEnd { imageLabels = try ImageLabels(&reader, features: features) }
  }
}

extension Tally.Label {
  func write(to writer: inout ByteWriter) {
    switch self {
    case .name(let name):
      writer.add(UInt8(1))
      writer.add(name)
    case .mergedInto(let target):
      writer.add(UInt8(2))
      writer.add(target)
    }
  }

  init(_ reader: inout ByteReader) throws(UpdateError) {
    switch try reader.number(UInt8.self) {
    case 1: self = .name(try reader.text())
    case 2: self = .mergedInto(try reader.number(UInt64.self))
    case let kind: throw reader.damaged("a label of kind \(kind)")
    }
  }
}

extension Reservoir {
  fileprivate var byteCount: Int { 8 + count * (Digest.byteCount + 4 * width) }

  fileprivate func write(to writer: inout ByteWriter) {
    let entries = entries
    writer.add(UInt64(entries.count))
    for entry in entries {
      writer.add(entry.key)
      writer.add(entry.feature)
    }
  }

  fileprivate mutating func read(
    _ reader: inout ByteReader, features: Int
  ) throws(UpdateError) {
    for _ in 0..<(try reader.count(size: 32 + 4 * features)) {
      let key = try reader.digest()
      offer(key, try reader.finiteFloats(features))
    }
  }
}
