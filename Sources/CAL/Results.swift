import CALDigest
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

  mutating func clearError() {
    withUnsafeMutableBytes(of: &error) { $0[0] = 0 }
  }

  mutating func setImage(_ image: CheckedImage) {
    width = UInt32(image.layout.width)
    height = UInt32(image.layout.height)
    crop_x = UInt32(image.crop.x)
    crop_y = UInt32(image.crop.y)
    crop_width = UInt32(image.crop.width)
    crop_height = UInt32(image.crop.height)
  }

  mutating func setDigest(_ digest: Digest) {
    withUnsafeMutableBytes(of: &pixels_sha256) { ours in
      digest.withBytes { digest in digest.withUnsafeBytes { ours.copyMemory(from: $0) } }
    }
  }

  /// The error text, whatever a caller may have made of it.
  var errorText: String {
    withUnsafeBytes(of: error) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
