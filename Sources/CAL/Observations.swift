import CALDigest
import CALModel
import CALUpdate
import CCal

@_cdecl("cal_updater_observe") @implementation
public func cal_updater_observe(
  _ updater: OpaquePointer!, _ session: OpaquePointer!, _ images: UnsafePointer<cal_image>!,
  _ count: Int, _ options: UnsafePointer<cal_attribute_options>!,
  _ results: UnsafeMutablePointer<cal_result>!
) -> cal_status {
  status { () throws(Failure) in
    let updater = try updaters.find(updater)
    let session = try sessions.find(session)
    let call = try AttributionCall(
      session, images, "images", count, options, results, "results")
    guard let request = call.request else { return }
    try updater.observe(session, request, call.progress)
  }
}

@_cdecl("cal_updater_observe_features") @implementation
public func cal_updater_observe_features(
  _ updater: OpaquePointer!, _ features: UnsafePointer<Float>!, _ keys: UnsafePointer<UInt8>!,
  _ count: Int
) -> cal_status {
  status { () throws(Failure) in
    let updater = try updaters.find(updater)
    guard try checkedCount(count) > 0 else { return }
    let width = try updater.use { updater throws(UpdateError) in updater.model.spec.featureCount }
    let rows = try array(features, count: count * width, name: "features")
    let keys = try digests(keys, count)
    _ = try updater.use { updater throws(UpdateError) in
      try updater.observe(rows.span, keys: keys)
    }
  }
}

@_cdecl("cal_updater_label") @implementation
public func cal_updater_label(
  _ updater: OpaquePointer!, _ keys: UnsafePointer<UInt8>!, _ features: UnsafePointer<Float>!,
  _ count: Int, _ id: UInt64, _ name: UnsafePointer<CChar>!
) -> cal_status {
  status { () throws(Failure) in
    let updater = try updaters.find(updater)
    let method: ImageLabels.Method =
      name == nil ? .prototype(id) : .named(try text(name, name: "name"))
    guard try checkedCount(count) > 0 else { return }
    let keys = try digests(keys, count)
    var rows: [Float] = []
    if features != nil {
      let width = try updater.use { updater throws(UpdateError) in updater.model.spec.featureCount }
      rows = Array(try array(features, count: count * width, name: "features"))
    }
    try updater.use { updater throws(UpdateError) in
      try updater.label(keys, features: rows, as: method)
    }
  }
}

private func checkedCount(_ count: Int) throws(Failure) -> Int {
  guard 0...Int(CAL_BATCH_MAX) ~= count else {
    throw .argument("count is \(UInt(bitPattern: count)), more than \(CAL_BATCH_MAX)")
  }
  return count
}

private func digests(_ keys: UnsafePointer<UInt8>?, _ count: Int) throws(Failure) -> [Digest] {
  let bytes = try array(keys, count: count * Digest.byteCount, name: "keys")
  return (0..<count).compactMap { image in
    let start = image * Digest.byteCount
    let part = UnsafeBufferPointer(rebasing: bytes[start..<start + Digest.byteCount])
    return Digest(part.span.bytes)
  }
}

@_cdecl("cal_model_calibrate") @implementation
public func cal_model_calibrate(
  _ model: OpaquePointer!, _ features: UnsafePointer<Float>!, _ ids: UnsafePointer<UInt64>!,
  _ count: Int, _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> cal_status {
  status { () throws(Failure) in
    guard let out else { throw .null("out") }
    out.pointee = nil
    let model = try models.find(model)
    let rows = try calibrationRows(features, ids, checkedCount(count), model)
    let novel = model.bank.active.map { model.bank.prototypes[$0] }.filter { $0.kind == .novel }
    let kept = model.calibration.filter { own in
      rows[own.id] == nil && novel.contains { $0.id == own.id }
    }
    let classes = (kept + rows.map { CalibrationClass(id: $0.key, features: $0.value) })
      .sorted { $0.id < $1.id }
    out.pointee = models.add(
      try modelResult { () throws(ModelError) in
        let bytes = try model.serialised(calibration: classes, parent: model.digest)
        return try Model(bytes: bytes.span.bytes)
      })
  }
}

/// Features by prototype. What is wrong with one is said with its place among the caller's.
private func calibrationRows(
  _ features: UnsafePointer<Float>?, _ ids: UnsafePointer<UInt64>?, _ count: Int, _ model: Model
) throws(Failure) -> [UInt64: [[Float]]] {
  guard count > 0 else { return [:] }
  let width = model.spec.featureCount
  let values = try array(features, count: count * width, name: "features")
  var rows: [UInt64: [[Float]]] = [:]
  for (image, id) in try array(ids, count: count, name: "ids").enumerated() {
    guard let entry = model.bank.entry(ofID: id) else {
      throw Failure(CAL_ERR_NOT_FOUND, "ids[\(image)] is \(id): there is no such prototype")
    }
    guard model.bank.prototypes[entry].kind != .retired else {
      throw Failure(CAL_ERR_NOT_FOUND, "ids[\(image)] is \(id): that prototype is retired")
    }
    let row = Array(values[image * width..<(image + 1) * width])
    for (i, value) in row.enumerated() where !value.isFinite {
      throw .argument("features[\(image)][\(i)] is \(value)")
    }
    rows[id, default: []].append(row)
  }
  return rows
}
