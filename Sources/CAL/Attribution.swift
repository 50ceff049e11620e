import CCal

@_cdecl("cal_session_attribute") @implementation
public func cal_session_attribute(
  _ session: OpaquePointer!, _ image: UnsafePointer<cal_image>!,
  _ options: UnsafePointer<cal_attribute_options>!, _ result: UnsafeMutablePointer<cal_result>!
) -> cal_status {
  status { () throws(Failure) in
    let session = try sessions.find(session)
    try attribute(session, image, "image", 1, options, result, "result")
    try CallerStructs(result, name: "result").read().throwIfFailed()
  }
}

@_cdecl("cal_session_attribute_batch") @implementation
public func cal_session_attribute_batch(
  _ session: OpaquePointer!, _ images: UnsafePointer<cal_image>!, _ count: Int,
  _ options: UnsafePointer<cal_attribute_options>!, _ results: UnsafeMutablePointer<cal_result>!
) -> cal_status {
  status { () throws(Failure) in
    let session = try sessions.find(session)
    try attribute(session, images, "images", count, options, results, "results")
  }
}

@_cdecl("cal_session_features") @implementation
public func cal_session_features(
  _ session: OpaquePointer!, _ image: UnsafePointer<cal_image>!,
  _ features: UnsafeMutablePointer<Float>!, _ capacity: Int
) -> cal_status {
  status { () throws(Failure) in
    let session = try sessions.find(session)
    let needed = session.model.spec.featureCount
    try checkFloats(features, "features", capacity, needed)
    var result = cal_result()
    result.struct_size = UInt32(MemoryLayout<cal_result>.size)
    result.features = features
    result.feature_capacity = UInt32(needed)
    var options = cal_attribute_options()
    options.struct_size = UInt32(MemoryLayout<cal_attribute_options>.size)
    options.flags = UInt32(CAL_ATTRIBUTE_NO_PIXEL_DIGEST)
    try attribute(session, image, "image", 1, &options, &result, "result")
    try result.throwIfFailed()
  }
}

/// Checks the arguments of a call and runs it. Errors of single images go to their results.
private func attribute(
  _ session: Session, _ images: UnsafePointer<cal_image>?, _ imagesName: String,
  _ count: Int, _ options: UnsafePointer<cal_attribute_options>?,
  _ results: UnsafeMutablePointer<cal_result>?, _ resultsName: String
) throws(Failure) {
  let call = try AttributionCall(
    session, images, imagesName, count, options, results, resultsName)
  if let request = call.request { try session.attribute(request, call.progress) }
}

/// The arguments of a call that attributes images, checked.
struct AttributionCall {
  /// nil for no images.
  let request: AttributionJob.Request?
  let progress: ProgressReport

  init(
    _ session: Session, _ images: UnsafePointer<cal_image>?, _ imagesName: String,
    _ count: Int, _ options: UnsafePointer<cal_attribute_options>?,
    _ results: UnsafeMutablePointer<cal_result>?, _ resultsName: String
  ) throws(Failure) {
    guard count >= 0, count <= CAL_BATCH_MAX else {
      throw .argument("count is \(UInt(bitPattern: count)), more than \(CAL_BATCH_MAX)")
    }
    let how = try CAL.options(options)
    let decision = try how.decision(session.model.decision)
    let wantsDigest = try how.wantsPixelDigest()
    progress = ProgressReport(how.progress, how.progress_user)
    guard count > 0 else {
      request = nil
      return
    }
    let checked = AttributionJob.Request(
      images: try CallerStructs(images, name: imagesName),
      results: try CallerStructs(results, name: resultsName),
      count: count, decision: decision, wantsDigest: wantsDigest)
    try checked.images.checkArray(count: count, name: imagesName)
    try checked.results.checkArray(count: count, name: resultsName)
    request = checked
  }
}

/// A buffer for a number of floats that the model decides.
func checkFloats(
  _ buffer: UnsafeMutablePointer<Float>?, _ name: String, _ capacity: Int, _ needed: Int
) throws(Failure) {
  guard buffer != nil else { throw .null(name) }
  guard capacity < 0 || capacity >= needed else {
    throw .argument("capacity is \(capacity), but the model needs \(needed) floats at \(name)")
  }
}

extension cal_result {
  /// A batch of one returns its image's error.
  fileprivate func throwIfFailed() throws(Failure) {
    if status != CAL_OK { throw Failure(Int(status), errorText) }
  }
}
