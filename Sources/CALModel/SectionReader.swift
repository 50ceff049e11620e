import CALDigest
import CALNetwork
import CModelFormat

// From protobuf-c's messages to Swift values. The messages have passed `MessageCheck`, so their
// texts are UTF-8 without NUL; ranges are checked by `validate` afterwards.

extension Preprocessing {
  init(_ message: Cal__Model__Preprocessing) throws(ModelError) {
    guard message.filter == CAL__MODEL__PREPROCESSING__FILTER__FILTER_BILINEAR_ANTIALIASED else {
      throw .invalid("preprocessing.filter: \(message.filter.rawValue), this libcal has only 1")
    }
    self.init(
      size: Int(message.size),
      mean: Array(UnsafeBufferPointer(start: message.mean, count: message.n_mean)),
      deviation: Array(UnsafeBufferPointer(start: message.deviation, count: message.n_deviation)))
    try validate()
  }
}

extension Decision {
  init(_ message: Cal__Model__Decision) throws(ModelError) {
    self.init(
      knownThreshold: message.known_threshold, novelThreshold: message.novel_threshold,
      temperature: message.temperature)
    try validate()
  }
}

extension Provenance {
  init(_ message: Cal__Model__Provenance) throws(ModelError) {
    self.init()
    creator = String(cString: message.creator)
    trainingData = String(cString: message.training_data)
    recipe = String(cString: message.recipe)
    licence = String(cString: message.licence)
    description = String(cString: message.description)
    created = String(cString: message.created)

    let bytes = UnsafeRawBufferPointer(
      start: message.parent_sha256.data, count: message.parent_sha256.len)
    parent = Digest(bytes.bytes)
    guard parent != nil || bytes.isEmpty else {
      throw .invalid("provenance.parent_sha256: \(bytes.count) bytes, needs 32 or none")
    }
    let hex = String(cString: message.source_sha256)
    source = Digest.parse(hex: hex)
    guard source != nil || hex.isEmpty else {
      throw .invalid("provenance.source_sha256: \"\(hex)\", needs 64 hex digits or nothing")
    }
  }
}

extension NetworkSpec {
  init(_ message: Cal__Model__Network, inputSize: Int) throws(ModelError) {
    guard let stem = message.stem else { throw .invalid("network.stem: missing") }
    guard let neck = message.neck else { throw .invalid("network.neck: missing") }
    let stages = UnsafeBufferPointer(start: message.stages, count: message.n_stages)
    self.init(
      block: try Block(message.block),
      stem: Stem(stem.pointee),
      stages: stages.compactMap { $0.map { Stage($0.pointee) } },
      ffe: message.ffe.map { FFE($0.pointee) },
      neck: try Neck(neck.pointee),
      normEpsilon: message.norm_epsilon,
      inputSize: inputSize)
    try validate()
  }
}

extension NetworkSpec.Block {
  init(_ block: Cal__Model__Network__Block) throws(ModelError) {
    switch block {
    case CAL__MODEL__NETWORK__BLOCK__BLOCK_BASIC: self = .basic
    case CAL__MODEL__NETWORK__BLOCK__BLOCK_BOTTLENECK: self = .bottleneck
    default: throw .invalid("network.block: \(block.rawValue), needs 1 or 2")
    }
  }
}

extension NetworkSpec.Stem {
  init(_ message: Cal__Model__Stem) {
    self.init(
      kernel: Int(message.kernel), stride: Int(message.stride), channels: Int(message.channels),
      maxPool: message.max_pool != 0)
  }
}

extension NetworkSpec.Stage {
  init(_ message: Cal__Model__Stage) {
    self.init(
      blocks: Int(message.blocks), innerChannels: Int(message.inner_channels),
      outChannels: Int(message.out_channels), stride: Int(message.stride))
  }
}

extension NetworkSpec.FFE {
  init(_ message: Cal__Model__Ffe) {
    self.init(hiddenChannels: Int(message.hidden_channels), grid: Int(message.grid))
  }
}

extension NetworkSpec.Neck {
  init(_ message: Cal__Model__Neck) throws(ModelError) {
    switch message.kind {
    case CAL__MODEL__NECK__KIND__KIND_NONE: self = .none
    case CAL__MODEL__NECK__KIND__KIND_BATCH_NORM: self = .batchNorm(epsilon: message.norm_epsilon)
    case CAL__MODEL__NECK__KIND__KIND_BATCH_NORM_UNIT:
      self = .batchNormUnit(epsilon: message.norm_epsilon)
    case CAL__MODEL__NECK__KIND__KIND_STATISTICS:
      self = .statistics(features: Int(message.features))
    default: throw .invalid("network.neck.kind: \(message.kind.rawValue), needs 1 to 4")
    }
  }
}
