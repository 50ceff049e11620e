import CALTestSupport
import CCal
import Testing

/// Pixels in memory of their own, exactly as large as they must be, so that a memory checker
/// sees a read past their end. Unchecked, because they are written in `init` only.
final class Picture: @unchecked Sendable {
  let width: Int
  let height: Int
  let format: Int
  let stride: Int
  let memory: UnsafeMutableRawBufferPointer

  static func channels(_ format: Int) -> Int {
    switch format {
    case CAL_FORMAT_GRAY8: 1
    case CAL_FORMAT_RGB8, CAL_FORMAT_BGR8: 3
    default: 4
    }
  }

  /// `padding`: bytes behind each row but the last. `rgb`: the pixel at (x, y).
  init(
    _ width: Int, _ height: Int, format: Int = CAL_FORMAT_RGB8, padding: Int = 0,
    rgb: (_ x: Int, _ y: Int) -> (UInt8, UInt8, UInt8)
  ) {
    let channels = Picture.channels(format)
    self.width = width
    self.height = height
    self.format = format
    stride = width * channels + padding
    memory = .allocate(byteCount: stride * (height - 1) + width * channels, alignment: 1)
    var filler = Chance(seed: UInt64(padding) + 5)
    for i in memory.indices { memory[i] = filler.byte() }
    for y in 0..<height {
      for x in 0..<width { set(rgb(x, y), at: y * stride + x * channels) }
    }
  }

  /// Random pixels.
  convenience init(
    _ width: Int, _ height: Int, seed: UInt64, format: Int = CAL_FORMAT_RGB8, padding: Int = 0
  ) {
    self.init(width, height, format: format, padding: padding) { x, y in
      var random = Chance(seed: seed &+ UInt64(y * width + x) &* 0x1234_5678_9ABC_DEF1)
      let low = UInt8(truncatingIfNeeded: 50 * seed)
      return (random.byte() / 2 &+ low, random.byte(), random.byte() / 3)
    }
  }

  deinit { memory.deallocate() }

  private func set(_ rgb: (UInt8, UInt8, UInt8), at offset: Int) {
    let (red, green, blue) = rgb
    switch format {
    case CAL_FORMAT_RGB8, CAL_FORMAT_RGBA8:
      (memory[offset], memory[offset + 1], memory[offset + 2]) = (red, green, blue)
    case CAL_FORMAT_BGR8, CAL_FORMAT_BGRA8:
      (memory[offset], memory[offset + 1], memory[offset + 2]) = (blue, green, red)
    default: memory[offset] = red
    }
  }

  /// What libcal is handed.
  var image: cal_image {
    var image = cal_image()
    image.struct_size = UInt32(MemoryLayout<cal_image>.size)
    image.format = cal_format(format)
    image.width = UInt32(width)
    image.height = UInt32(height)
    image.stride = UInt64(stride)
    image.pixels = UnsafeRawPointer(memory.baseAddress)
    image.size = UInt64(memory.count)
    return image
  }
}

/// A result with buffers, which live as long as this.
final class Answer {
  var result = cal_result()
  private let ranked: UnsafeMutableBufferPointer<cal_score>
  private let features: UnsafeMutableBufferPointer<Float>

  init(ranked count: Int = Fixture.inUse.count) {
    ranked = .allocate(capacity: count)
    ranked.initialize(repeating: cal_score())
    features = .allocate(capacity: Fixture.featureCount)
    features.initialize(repeating: -77)
    result.struct_size = UInt32(MemoryLayout<cal_result>.size)
    result.ranked = ranked.baseAddress
    result.ranked_capacity = UInt32(count)
    result.features = features.baseAddress
    result.feature_capacity = UInt32(features.count)
  }

  deinit {
    ranked.deallocate()
    features.deallocate()
  }

  var scores: [cal_score] { Array(ranked.prefix(Int(result.ranked_count))) }
  var vector: [Float] { Array(features) }
  var status: String { name(result.status) }

  var error: String {
    withUnsafeBytes(of: result.error) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  var digest: [UInt8] { withUnsafeBytes(of: result.pixels_sha256) { Array($0) } }

  /// Everything that must be the same whenever the same image is attributed: every bit of the
  /// result but its pointers, and of what they point to.
  var bits: [UInt8] {
    var plain = result
    plain.ranked = nil
    plain.features = nil
    return withUnsafeBytes(of: plain) { Array($0) } + UnsafeRawBufferPointer(ranked)
      + UnsafeRawBufferPointer(features)
  }
}

extension TestSession {
  /// The precision that it says it has.
  var precision: String { String(cString: cal_session_precision(handle)) }

  /// Of an image that must be answered.
  func scores(_ image: cal_image) -> [cal_score] {
    let answer = attribute(image)
    #expect(answer.result.status == CAL_OK)
    return answer.scores
  }

  func features(_ image: cal_image) -> [Float] {
    var image = image
    var features = [Float](repeating: 0, count: Fixture.featureCount)
    expect(cal_session_features(handle, &image, &features, features.count), CAL_OK)
    return features
  }

  func attribute(_ image: cal_image, _ options: cal_attribute_options? = nil) -> Answer {
    let answer = Answer()
    var image = image
    if var options {
      _ = cal_session_attribute(handle, &image, &options, &answer.result)
    } else {
      _ = cal_session_attribute(handle, &image, nil, &answer.result)
    }
    return answer
  }
}
