import CALDigest
import CALModel
import CALNetwork
import CALUpdate
import CCal

/// Some images of a call of `cal_updater_observe`, attributed into results of our own, because the
/// updater needs features and digests whether the caller asked for them or not.
final class ObservedImages {
  private let callers: AttributionJob.Request
  private let first: Int
  private let count: Int
  private let width: Int
  private let results: UnsafeMutablePointer<cal_result>
  private let features: UnsafeMutablePointer<Float>
  private let memory: (results: ZeroedMemory, features: ZeroedMemory)

  init(
    _ request: AttributionJob.Request, first: Int, count: Int, width: Int
  ) throws(Failure) {
    callers = request
    self.first = first
    self.count = count
    self.width = width
    guard let answers = ZeroedMemory(byteCount: count * MemoryLayout<cal_result>.stride),
      let vectors = ZeroedMemory(byteCount: count * width * MemoryLayout<Float>.stride)
    else { throw Failure(.memory) }
    memory = (answers, vectors)
    results = answers.base.bindMemory(to: cal_result.self, capacity: count)
    features = vectors.base.bindMemory(to: Float.self, capacity: count * width)
    for i in 0..<count {
      var result = request.results.read(first + i)
      // What is wrong with the caller's buffer is for `checkBuffers` to find.
      let isGood = result.features != nil && Int(result.feature_capacity) >= width
      if isGood || result.feature_capacity == 0 {
        result.features = features + i * width
        result.feature_capacity = UInt32(width)
      }
      result.struct_size = UInt32(MemoryLayout<cal_result>.size)
      (results + i).initialize(to: result)
    }
  }

  /// The same call, for these images and our results.
  func request() throws(Failure) -> AttributionJob.Request {
    AttributionJob.Request(
      images: callers.images.dropFirst(first),
      results: try CallerStructs(results, name: "results"), count: count,
      decision: callers.decision, wantsDigest: true)
  }

  /// Takes in the images that have an answer.
  func observe(_ updater: Updater) throws(Failure) {
    var keys: [Digest] = []
    var rows: [Float] = []
    for i in 0..<count where results[i].status == CAL_OK {
      keys.append(results[i].key)
      rows += UnsafeBufferPointer(start: features + i * width, count: width)
    }
    _ = try updated { () throws(UpdateError) in try updater.observe(rows.span, keys: keys) }
  }

  /// Gives the caller what it asked for.
  func finish() {
    for i in 0..<count {
      var result = results[i]
      let wanted = callers.results.read(first + i)
      if !callers.wantsDigest { result.pixels_sha256 = cal_result().pixels_sha256 }
      result.features = wanted.features
      result.feature_capacity = wanted.feature_capacity
      if let buffer = wanted.features, wanted.feature_capacity > 0, result.status == CAL_OK {
        UnsafeMutableRawPointer(buffer).copyMemory(
          from: features + i * width, byteCount: 4 * width)
      }
      callers.results.write(result, first + i)
    }
  }
}

extension cal_result {
  /// What an updater knows an image by: its pixels, and the part of them that was looked at.
  fileprivate var key: Digest {
    let crop = (crop_x, crop_y, crop_width, crop_height)
    let isWhole = crop.0 == 0 && crop.1 == 0 && crop.2 == width && crop.3 == height
    let pixels = withUnsafeBytes(of: pixels_sha256) { Digest($0.bytes) }
    if isWhole, let pixels { return pixels }
    var sha = SHA256()
    withUnsafeBytes(of: pixels_sha256) { sha.update($0.bytes) }
    withUnsafeBytes(of: crop) { sha.update($0.bytes) }
    return sha.finish()
  }
}
