/// What one record of the journal does to a state.
enum Change {
  /// What was observed, by this updater or by another one.
  case observed(Tally)
  /// What an examiner said of a prototype; the last word counts.
  case labelled(UInt64, Tally.Label)
  /// The same of images.
  case labelledImages(ImageLabels)

  func apply(to tally: inout Tally) throws(UpdateError) {
    switch self {
    case .observed(let part): try tally.merge(part)
    case .labelled(let id, let label): tally.labels[id] = label
    case .labelledImages(let labels):
      for (key, image) in labels.images { tally.imageLabels.set(key, image) }
    }
  }

  func write(to writer: inout ByteWriter) {
    switch self {
    case .observed(let part):
      writer.add(UInt8(1))
      part.write(to: &writer)
    case .labelled(let id, let label):
      writer.add(UInt8(2))
      writer.add(id)
      label.write(to: &writer)
    case .labelledImages(let labels):
      writer.add(UInt8(3))
      labels.write(to: &writer)
    }
  }

  init(
    _ reader: inout ByteReader, _ settings: UpdateSettings, features: Int
  ) throws(UpdateError) {
    switch try reader.number(UInt8.self) {
    case 1: self = .observed(try Tally(&reader, settings, features: features))
    case 2: self = .labelled(try reader.number(UInt64.self), try Tally.Label(&reader))
    case 3: self = .labelledImages(try ImageLabels(&reader, features: features))
    case let kind: throw reader.damaged("a record of kind \(kind)")
    }
    guard reader.isAtEnd else { throw reader.damaged("more than a record") }
  }
}
