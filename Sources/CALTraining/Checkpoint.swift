import CALDigest
import CALLearning
import CALModel

/// A checkpoint file: everything that a training needs to go on as if it had never stopped.
///
/// Little-endian: "CALT", version, the settings it belongs to as text, the state, and the
/// SHA-256 of all that. It is written beside its place and renamed, so that the place holds the
/// old or the new one at any instant.
public enum Checkpoint {
  private static let magic: UInt32 = 0x544C_4143
  private static let version: UInt32 = 3

  public static func write(_ trainer: Trainer, to path: String) throws(TrainingError) {
    var writer = CheckpointWriter()
    writer.add(magic)
    writer.add(version)
    writer.add(Array(fingerprint(trainer).utf8))
    trainer.checkpoint.write(to: &writer)
    var sha = SHA256()
    sha.update(writer.bytes.span.bytes)
    let digest = sha.finish()
    for i in 0..<Digest.byteCount { writer.bytes.append(digest[i]) }
    try modelResult { () throws(ModelError) in
      try replaceFile(path, with: writer.bytes.span.bytes)
    }
  }

  /// The state in a checkpoint of a training with the same options and images as `trainer`.
  public static func read(_ path: String, for trainer: Trainer) throws(TrainingError)
    -> TrainingState
  {
    let file = try modelResult { () throws(ModelError) in
      try FileBytes(path: path, sizeLimit: .max, progress: nil)
    }
    return try file.withBytes { bytes throws(TrainingError) in
      var reader = CheckpointReader(path: path, end: bytes.byteCount - Digest.byteCount)
      guard try reader.number(bytes, UInt32.self) == magic else {
        throw .checkpoint("\(path): not a checkpoint of libcal")
      }
      let found = try reader.number(bytes, UInt32.self)
      guard found == version else {
        throw .checkpoint("\(path): version \(found), this libcal reads \(version)")
      }
      var sha = SHA256()
      sha.update(bytes.extracting(0..<reader.end))
      guard sha.finish() == Digest(bytes.extracting(reader.end..<bytes.byteCount)) else {
        throw .checkpoint("\(path): damaged: its digest is another")
      }
      let settings = String(decoding: try reader.array(bytes, UInt8.self), as: UTF8.self)
      try compare(settings, fingerprint(trainer), path)
      return try TrainingState(&reader, bytes, trainer)
    }
  }

  /// What makes two trainings the same, a line each.
  private static func fingerprint(_ trainer: Trainer) -> String {
    let options = trainer.options
    let lines: [(String, String)] = [
      ("network", "\(options.spec)"), ("recipe", "\(options.recipe)"),
      ("known", "\(options.known)"), ("prototypes", "\(options.prototypes)"),
      ("prunes", "\(options.prunes)"), ("epochs", "\(options.epochs)"),
      ("batch_size", "\(options.batchSize)"), ("learning_rate", "\(options.learningRate)"),
      ("schedule", options.schedule.map { "\($0)" } ?? "recipe"),
      ("weight_decay", "\(options.weightDecay)"),
      ("dropout", "\(options.dropout)"), ("views", "\(options.views)"),
      ("objective", "\(options.objective)"), ("coverage", "\(options.coverage)"),
      ("discovery", "\(options.discovery)"),
      ("validation", "\(options.validation)"),
      ("mean", "\(options.mean)"), ("deviation", "\(options.deviation)"),
      ("seed", "\(options.seed)"), ("images", "\(trainer.imageCount)"),
      ("held_out", "\(trainer.heldOutCount)"), ("labels", trainer.labelDigest.hex),
    ]
    return lines.map { $0.0 + " = " + $0.1 }.joined(separator: "\n")
  }

  private static func compare(_ found: String, _ expected: String, _ path: String)
    throws(TrainingError)
  {
    guard found != expected else { return }
    let pairs = zip(lines(found), lines(expected))
    let difference = pairs.first { $0.0 != $0.1 } ?? ("its settings", "others")
    throw .checkpoint("\(path): of another training: \(difference.0), here \(difference.1)")
  }

  private static func lines(_ text: String) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

extension TrainingState {
  fileprivate func write(to writer: inout CheckpointWriter) {
    writer.add(UInt64(prototypes))
    writer.add(UInt64(epoch))
    writer.add(UInt64(step))
    writer.add(UInt64(learner.steps))
    // gamma_n is never negative.
    writer.add((novelThreshold ?? -1).bitPattern)
    writer.add(confidence.sumKnown.bitPattern)
    writer.add(confidence.sumNovel.bitPattern)
    writer.add(confidence.countKnown)
    writer.add(confidence.countNovel)
    writer.add(usage)
    writer.add(lastUsage)
    writer.add(pseudoLabels)
    writer.add(learner.parameters.map(\.bitPattern))
    writer.add(learner.mean.map(\.bitPattern))
    writer.add(learner.square.map(\.bitPattern))
    validation.write(to: &writer)
  }

  fileprivate init(_ reader: inout CheckpointReader, _ bytes: RawSpan, _ trainer: Trainer)
    throws(TrainingError)
  {
    self = trainer.checkpoint
    let options = trainer.options
    prototypes = try reader.count(bytes, in: max(options.known, 1)...options.prototypes)
    epoch = try reader.count(bytes, in: 0...options.epochs)
    step = try reader.count(bytes, in: 0...trainer.stepsPerEpoch)
    learner.steps = try reader.count(bytes, in: 0...Int.max)
    let threshold = Double(bitPattern: try reader.number(bytes, UInt64.self))
    novelThreshold = threshold >= 0 ? threshold : nil
    confidence.sumKnown = Double(bitPattern: try reader.number(bytes, UInt64.self))
    confidence.sumNovel = Double(bitPattern: try reader.number(bytes, UInt64.self))
    confidence.countKnown = try reader.number(bytes, UInt64.self)
    confidence.countNovel = try reader.number(bytes, UInt64.self)
    usage = try reader.array(bytes, UInt64.self, counts: [prototypes])
    lastUsage = try reader.array(bytes, UInt64.self, counts: [0, prototypes])
    pseudoLabels = try reader.array(bytes, Int32.self, counts: [0, trainer.imageCount])
    for label in pseudoLabels where !(-1..<prototypes ~= Int(label)) {
      throw .checkpoint("\(reader.path): a pseudo-label is \(label), not -1 to \(prototypes - 1)")
    }
    let count = trainer.parameterCount(prototypes: prototypes)
    func floats() throws(TrainingError) -> [Float] {
      try reader.array(bytes, UInt32.self, counts: [count]).map(Float.init(bitPattern:))
    }
    learner.parameters = try floats()
    learner.mean = try floats()
    learner.square = try floats()
    validation = try ValidationRecord(&reader, bytes, trainer, ended: epoch)
  }
}

extension ValidationRecord {
  fileprivate func write(to writer: inout CheckpointWriter) {
    // A share is never negative.
    writer.add((last?.accuracy ?? -1).bitPattern)
    writer.add((last?.confidence ?? -1).bitPattern)
    writer.add(UInt64(bestEpoch.map { $0 + 1 } ?? 0))
    writer.add(bestAccuracy.bitPattern)
    writer.add(UInt64(kept?.prototypes ?? 0))
    guard let kept else { return }
    writer.add(kept.usage)
    writer.add(kept.parameters.map(\.bitPattern))
  }

  /// `ended` epochs are over.
  fileprivate init(
    _ reader: inout CheckpointReader, _ bytes: RawSpan, _ trainer: Trainer, ended: Int
  ) throws(TrainingError) {
    let accuracy = Double(bitPattern: try reader.number(bytes, UInt64.self))
    let confidence = Double(bitPattern: try reader.number(bytes, UInt64.self))
    if accuracy >= 0 { last = Figures(accuracy: accuracy, confidence: confidence) }
    let best = try reader.count(bytes, in: 0...ended)
    bestEpoch = best == 0 ? nil : best - 1
    bestAccuracy = Double(bitPattern: try reader.number(bytes, UInt64.self))
    let options = trainer.options
    let rows = try reader.count(bytes, in: 0...options.prototypes)
    guard rows > 0 else { return }
    guard rows >= options.known else {
      throw .checkpoint("\(reader.path): the best epoch has \(rows) prototypes, too few")
    }
    let usage = try reader.array(bytes, UInt64.self, counts: [0, rows])
    let parameters = try reader.array(
      bytes, UInt32.self, counts: [trainer.parameterCount(prototypes: rows)])
    kept = Kept(
      parameters: parameters.map(Float.init(bitPattern:)), prototypes: rows, usage: usage)
  }
}

private struct CheckpointWriter {
  var bytes: [UInt8] = []

  mutating func add<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func add<Number: FixedWidthInteger>(_ numbers: [Number]) {
    add(UInt64(numbers.count))
    bytes.reserveCapacity(bytes.count + numbers.count * MemoryLayout<Number>.size)
    for number in numbers { add(number) }
  }
}

private struct CheckpointReader {
  let path: String
  /// Where the digest begins.
  let end: Int
  private var at = 0

  init(path: String, end: Int) {
    self.path = path
    self.end = end
  }

  mutating func number<Number: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: RawSpan, _ type: Number.Type
  ) throws(TrainingError) -> Number {
    let size = MemoryLayout<Number>.size
    guard at <= end - size else { throw .checkpoint("\(path): ends too early") }
    defer { at += size }
    return Number(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: Number.self))
  }

  mutating func count(_ bytes: RawSpan, in range: ClosedRange<Int>) throws(TrainingError) -> Int {
    let value = try number(bytes, UInt64.self)
    guard let count = Int(exactly: value), range.contains(count) else {
      throw .checkpoint(
        "\(path): a count is \(value), not \(range.lowerBound) to \(range.upperBound)")
    }
    return count
  }

  /// Of one of these lengths; nil: of any.
  mutating func array<Number: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: RawSpan, _ type: Number.Type, counts: [Int]? = nil
  ) throws(TrainingError) -> [Number] {
    let count = try count(bytes, in: 0...max(end - at, 0) / MemoryLayout<Number>.size)
    if let counts, !counts.contains(count) {
      throw .checkpoint("\(path): a list has \(count) numbers, not \(counts[0])")
    }
    var numbers: [Number] = []
    numbers.reserveCapacity(count)
    for _ in 0..<count { numbers.append(try number(bytes, type)) }
    return numbers
  }
}
