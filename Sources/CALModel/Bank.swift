/// The prototypes of one epoch. Immutable: an update makes a new bank.
public struct Bank: Sendable, Equatable {
  /// Rises by one with every update.
  public let epoch: UInt64
  /// Above every id ever given.
  public let nextID: UInt64
  /// In the file's order, retired ones included.
  public let prototypes: [Prototype]
  public let featureCount: Int

  /// Entries in use, in order: row r of the logits belongs to `prototypes[active[r]]`.
  public let active: [Int]
  /// The vectors of the entries in use, row-major: active.count x featureCount.
  public let matrix: [Float]
  private let entries: [UInt64: Int]

  /// Fields of a newer libcal, as they stood in the file.
  var unknownFields: [UInt8] = []

  /// Throws unless the prototypes keep every rule of docs/MODEL_FILE.md.
  public init(
    epoch: UInt64, nextID: UInt64, featureCount: Int, prototypes: [Prototype]
  ) throws(ModelError) {
    try checkCount(featureCount, Limit.channels, "features")
    try checkCount(prototypes.count, Limit.prototypes, "bank.prototypes")
    try checkCounter(epoch, "bank.epoch")
    try checkCounter(nextID, "bank.next_id")
    for (i, prototype) in prototypes.enumerated() {
      try prototype.validate(
        featureCount: featureCount, epoch: epoch, nextID: nextID, "bank.prototypes[\(i)]")
    }
    self.epoch = epoch
    self.nextID = nextID
    self.featureCount = featureCount
    self.prototypes = prototypes
    entries = try entriesByID(prototypes)
    try checkMerges(prototypes, entries)
    active = prototypes.indices.filter { prototypes[$0].kind != .retired }
    guard !active.isEmpty else {
      throw .invalid("bank.prototypes: all \(prototypes.count) are retired, needs one in use")
    }
    var matrix: [Float] = []
    matrix.reserveCapacity(active.count * featureCount)
    for entry in active { matrix.append(contentsOf: prototypes[entry].vector) }
    self.matrix = matrix
  }

  /// Position of a prototype in `prototypes`.
  public func entry(ofID id: UInt64) -> Int? { entries[id] }

  public func count(of kind: Prototype.Kind) -> Int {
    prototypes.reduce(0) { $0 + ($1.kind == kind ? 1 : 0) }
  }
}

private func entriesByID(_ prototypes: [Prototype]) throws(ModelError) -> [UInt64: Int] {
  var entries: [UInt64: Int] = [:]
  entries.reserveCapacity(prototypes.count)
  for (i, prototype) in prototypes.enumerated() {
    if let first = entries.updateValue(i, forKey: prototype.id) {
      throw .invalid("bank.prototypes[\(i)].id: \(prototype.id) is that of entry \(first) too")
    }
  }
  return entries
}

/// Every `mergedInto` must name an entry, and following it must come to an end.
private func checkMerges(_ prototypes: [Prototype], _ entries: [UInt64: Int]) throws(ModelError) {
  // The walk that first came to an entry, 0: none yet. Meeting an entry of the walk itself
  // means a circle; one of an earlier walk is known to end.
  var visits = [Int](repeating: 0, count: prototypes.count)
  for start in prototypes.indices {
    var entry = start
    while visits[entry] == 0 {
      visits[entry] = start + 1
      let prototype = prototypes[entry]
      if prototype.mergedInto == prototype.id { break }
      guard let next = entries[prototype.mergedInto] else {
        throw .invalid(
          "bank.prototypes[\(entry)].merged_into: no prototype has the id \(prototype.mergedInto)")
      }
      if visits[next] == start + 1 {
        throw .invalid("bank.prototypes[\(entry)].merged_into: leads back to itself")
      }
      entry = next
    }
  }
}
