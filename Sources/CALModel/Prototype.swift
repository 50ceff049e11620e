/// One entry of the bank: a forgery method, known or discovered, or the memory of one.
public struct Prototype: Sendable, Equatable {
  public enum Kind: Int32, Sendable {
    /// A method with labelled training images; it has a name.
    case known = 1
    /// Discovered from unlabelled images; unnamed until someone names it.
    case novel = 2
    /// Pruned. It has no vector, and stays so that old reports can be read.
    case retired = 3
  }

  /// For life: never changes, never given again.
  public var id: UInt64
  public var kind: Kind
  public var name: String
  /// One number per feature; empty when retired.
  public var vector: [Float]
  /// Images counted for it, and the sum of their confidences.
  public var usage: UInt64
  public var confidenceSum: Double
  /// Bank epoch it first appeared in.
  public var birthEpoch: UInt64
  /// Who took over the images of a retired prototype; its own id if nobody did, and for every
  /// prototype in use.
  public var mergedInto: UInt64
  /// Fields of a newer libcal as they stood in the file; written back as they are.
  var unknownFields: [UInt8] = []

  /// `mergedInto` nil: its own id.
  public init(
    id: UInt64, kind: Kind, name: String = "", vector: [Float], usage: UInt64 = 0,
    confidenceSum: Double = 0, birthEpoch: UInt64 = 0, mergedInto: UInt64? = nil
  ) {
    self.id = id
    self.kind = kind
    self.name = name
    self.vector = vector
    self.usage = usage
    self.confidenceSum = confidenceSum
    self.birthEpoch = birthEpoch
    self.mergedInto = mergedInto ?? id
  }

  /// The rules that need no other prototype.
  func validate(featureCount: Int, epoch: UInt64, nextID: UInt64, _ path: String)
    throws(ModelError)
  {
    guard id < nextID else {
      throw .invalid("\(path).id: \(id), needs less than bank.next_id \(nextID)")
    }
    try validateName(path + ".name")
    try checkCounter(usage, path + ".usage")
    guard confidenceSum.isFinite, confidenceSum >= 0 else {
      throw .invalid("\(path).confidence_sum: \(confidenceSum), needs 0 or more")
    }
    guard birthEpoch <= epoch else {
      throw .invalid("\(path).birth_epoch: \(birthEpoch), bank.epoch is \(epoch)")
    }
    guard kind == .retired || mergedInto == id else {
      throw .invalid("\(path).merged_into: \(mergedInto), but it is not retired")
    }
    try validateVector(featureCount: featureCount, path + ".vector")
  }

  /// Counts more images for it. Both sums stay at the largest value that a bank may have.
  package mutating func count(images: UInt64, confidenceSum more: Double) {
    usage = min(usage, Limit.counter) + min(images, Limit.counter)
    usage = min(usage, Limit.counter)
    confidenceSum = min(confidenceSum + more, .greatestFiniteMagnitude)
  }

  /// Throws unless a prototype may be called what this one is.
  package func checkName(_ path: String = "name") throws(ModelError) { try validateName(path) }

  private func validateName(_ path: String) throws(ModelError) {
    let bytes = Array(name.utf8)
    guard bytes.count <= Limit.name else {
      throw .limit("\(path): \(bytes.count) bytes, at most \(Limit.name)")
    }
    try checkText(bytes, breaks: false, path)
    if kind == .known && bytes.isEmpty { throw .invalid("\(path): empty, a known one needs it") }
  }

  private func validateVector(featureCount: Int, _ path: String) throws(ModelError) {
    let needed = kind == .retired ? 0 : featureCount
    guard vector.count == needed else {
      throw .invalid("\(path): \(4 * vector.count) bytes, needs \(4 * needed)")
    }
    for (i, value) in vector.enumerated() where !value.isFinite {
      throw .invalid("\(path)[\(i)]: \(value), needs a finite number")
    }
  }
}
