import CALDigest
import CALModel
import CCal

@_cdecl("cal_model_get_info") @implementation
public func cal_model_get_info(
  _ model: OpaquePointer!, _ info: UnsafeMutablePointer<cal_model_info>!
) -> cal_status {
  status { () throws(Failure) in
    let model = try models.find(model)
    try CallerStructs(info, name: "info").write(cal_model_info(model))
  }
}

@_cdecl("cal_model_get_prototype") @implementation
public func cal_model_get_prototype(
  _ model: OpaquePointer!, _ index: UInt32, _ prototype: UnsafeMutablePointer<cal_prototype>!
) -> cal_status {
  status { () throws(Failure) in
    let bank = try models.find(model).bank
    let target = try CallerStructs(prototype, name: "prototype")
    guard index < bank.prototypes.count else {
      throw Failure(
        CAL_ERR_NOT_FOUND, "index is \(index), the bank has \(bank.prototypes.count) entries")
    }
    target.write(cal_prototype(bank.prototypes[Int(index)]))
  }
}

@_cdecl("cal_model_find_prototype") @implementation
public func cal_model_find_prototype(
  _ model: OpaquePointer!, _ id: UInt64, _ prototype: UnsafeMutablePointer<cal_prototype>!
) -> cal_status {
  status { () throws(Failure) in
    let bank = try models.find(model).bank
    let target = try CallerStructs(prototype, name: "prototype")
    target.write(cal_prototype(bank.prototypes[try bank.entry(of: id)]))
  }
}

@_cdecl("cal_model_sha256") @implementation
public func cal_model_sha256(
  _ model: OpaquePointer!, _ digest: UnsafeMutablePointer<UInt8>!
) -> cal_status {
  status { () throws(Failure) in
    let model = try models.find(model)
    guard let digest else { throw .null("digest") }
    let target = UnsafeMutableRawBufferPointer(start: digest, count: Digest.byteCount)
    model.digest.withBytes { bytes in bytes.withUnsafeBytes { target.copyMemory(from: $0) } }
  }
}

extension Bank {
  /// Position of a prototype in the bank.
  func entry(of id: UInt64) throws(Failure) -> Int {
    guard let entry = entry(ofID: id) else {
      throw Failure(CAL_ERR_NOT_FOUND, "no prototype has the id \(id)")
    }
    return entry
  }
}

extension cal_model_info {
  /// No count here can be out of range: the reader of model files has checked them all.
  fileprivate init(_ model: Model) {
    let side = UInt32(model.spec.mapSize)
    let bank = model.bank
    self.init(
      struct_size: 0, format_version: model.formatVersion,
      input_size: UInt32(model.preprocessing.size),
      feature_count: UInt32(model.spec.featureCount), map_height: side, map_width: side,
      prototype_count: UInt32(bank.prototypes.count),
      known_count: UInt32(bank.count(of: .known)), novel_count: UInt32(bank.count(of: .novel)),
      retired_count: UInt32(bank.count(of: .retired)), bank_epoch: bank.epoch,
      parameter_count: UInt64(model.parameterCount), file_size: UInt64(model.fileSize),
      known_threshold: model.decision.knownThreshold,
      novel_threshold: model.decision.novelThreshold, temperature: model.decision.temperature,
      reserved: 0)
  }
}

extension cal_prototype {
  fileprivate init(_ prototype: Prototype) {
    self.init()
    kind = prototype.kind.rawValue
    id = prototype.id
    merged_into = prototype.mergedInto
    birth_epoch = prototype.birthEpoch
    usage = prototype.usage
    withUnsafeMutableBytes(of: &name) { copyText(prototype.name, to: $0) }
  }
}
