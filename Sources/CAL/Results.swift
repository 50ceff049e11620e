import CALDigest
import CALModel
import CCal

extension cal_result {
  /// The same request with nothing in its outputs.
  var emptied: cal_result {
    var result = cal_result()
    result.ranked_capacity = ranked_capacity
    result.ranked = ranked
    result.feature_capacity = feature_capacity
    result.features = features
    return result
  }

  func failed(_ failure: Failure) -> cal_result {
    var result = emptied
    result.status = failure.status
    withUnsafeMutableBytes(of: &result.error) { copyText(failure.text, to: $0) }
    return result
  }

  /// The buffers that it names must be there, and large enough for a whole feature vector.
  func checkBuffers(featureCount: Int) throws(Failure) {
    guard ranked != nil || ranked_capacity == 0 else {
      throw .argument("result->ranked is NULL, but ranked_capacity is \(ranked_capacity)")
    }
    guard feature_capacity > 0 else { return }
    guard features != nil else {
      throw .argument("result->features is NULL, but feature_capacity is \(feature_capacity)")
    }
    guard feature_capacity >= featureCount else {
      throw .argument(
        "result->feature_capacity is \(feature_capacity), but the model has "
          + "\(featureCount) features")
    }
  }

  mutating func setImage(_ image: CheckedImage) {
    width = UInt32(image.layout.width)
    height = UInt32(image.layout.height)
    crop_x = UInt32(image.crop.x)
    crop_y = UInt32(image.crop.y)
    crop_width = UInt32(image.crop.width)
    crop_height = UInt32(image.crop.height)
  }

  /// The rest of a result that has its image. The buffers that it names are the caller's, were
  /// checked, and are written here, where nothing more can fail.
  mutating func setScores(
    _ scores: Scores, _ features: Span<Float>, _ bank: Bank, _ decision: Decision
  ) {
    status = cal_status(CAL_OK)
    _ = withUnsafeMutableBytes(of: &error) { $0.initializeMemory(as: UInt8.self, repeating: 0) }
    verdict = scores.verdict(bank, decision).rawValue
    known_threshold = decision.knownThreshold
    novel_threshold = decision.novelThreshold
    bank_epoch = bank.epoch
    ranked_count = min(ranked_capacity, UInt32(bank.active.count))
    if let ranked = UnsafeMutableRawPointer(ranked) {
      for rank in 0..<Int(ranked_count) {
        let offset = rank * MemoryLayout<cal_score>.stride
        ranked.storeBytes(
          of: scores.score(rank: rank, bank), toByteOffset: offset, as: cal_score.self)
      }
    }
    if feature_capacity > 0, let target = self.features {
      features.withUnsafeBytes { features in
        UnsafeMutableRawPointer(target).copyMemory(
          from: features.baseAddress.unsafelyUnwrapped, byteCount: features.count)
      }
    }
  }

  mutating func setDigest(_ digest: Digest) {
    withUnsafeMutableBytes(of: &pixels_sha256) { ours in
      digest.withBytes { digest in digest.withUnsafeBytes { ours.copyMemory(from: $0) } }
    }
  }

  /// nil if no digest was asked for: no picture is known to have the digest 0.
  var digestText: String? {
    let digest = withUnsafeBytes(of: pixels_sha256) { Digest($0.bytes) }
    let none = withUnsafeBytes(of: cal_result().pixels_sha256) { Digest($0.bytes) }
    return digest == none ? nil : digest?.hex
  }

  /// The error text, whatever a caller may have made of it.
  var errorText: String {
    withUnsafeBytes(of: error) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
