import CCal
import Testing

/// A good image with one field made bad: its status, the words of its sentence, and a result
/// that says nothing else.
@Suite struct BadImageTests {
  struct Case: CustomTestStringConvertible {
    var status: Int
    var words: [String]
    var change: @Sendable (inout cal_image) -> Void
    var testDescription: String { words.joined(separator: " ") }

    init(_ status: Int, _ words: String..., change: @escaping @Sendable (inout cal_image) -> Void) {
      self.status = status
      self.words = words
      self.change = change
    }
  }

  static func face(_ x: Float, _ y: Float, _ w: Float, _ h: Float, _ margin: Float = 0) -> Case {
    Case(CAL_ERR_IMAGE_BOX, margin == 0 ? "face box" : "face margin") {
      $0.face = cal_box(x: x, y: y, width: w, height: h)
      $0.face_margin = margin
    }
  }

  static let cases = [
    Case(CAL_ERR_IMAGE_FORMAT, "format", "0") { $0.format = 0 },
    Case(CAL_ERR_IMAGE_FORMAT, "format", "6") { $0.format = 6 },
    Case(CAL_ERR_IMAGE_FORMAT, "format", "-2147483648") { $0.format = .min },
    Case(CAL_ERR_IMAGE_SIZE, "width", "0") { $0.width = 0 },
    Case(CAL_ERR_IMAGE_SIZE, "height", "0") { $0.height = 0 },
    Case(CAL_ERR_IMAGE_SIZE, "width", "32769") { $0.width = 32769 },
    Case(CAL_ERR_IMAGE_SIZE, "height", "4294967295") { $0.height = .max },
    Case(CAL_ERR_IMAGE_SIZE, "32768 x 32768") { ($0.width, $0.height) = (32768, 32768) },
    Case(CAL_ERR_IMAGE_STRIDE, "stride", "89") { $0.stride = 89 },
    Case(CAL_ERR_IMAGE_STRIDE, "stride", "1") { $0.stride = 1 },
    Case(CAL_ERR_IMAGE_BUFFER, "1799") { $0.size = 1799 },
    Case(CAL_ERR_IMAGE_BUFFER, "0 bytes") { $0.size = 0 },
    Case(CAL_ERR_IMAGE_BUFFER, "91") { $0.stride = 91 },
    Case(CAL_ERR_IMAGE_BUFFER, "stride") { $0.stride = .max },
    Case(CAL_ERR_IMAGE_BUFFER, "stride") { $0.stride = .max / 19 + 1 },
    Case(CAL_ERR_ARGUMENT, "pixels") { $0.pixels = nil },
    Case(CAL_ERR_ARGUMENT, "reserved", "7") { $0.reserved = 7 },
    face(5, 5, 0, 5), face(5, 5, 5, 0), face(5, 5, -5, 5), face(.nan, 5, 5, 5),
    face(5, 5, .nan, 5), face(5, .infinity, 5, 5), face(5, 5, .infinity, 5), face(30, 5, 5, 5),
    face(-5, 5, 5, 5), face(-1e30, 0, 10, 10), face(0, 0, .greatestFiniteMagnitude, -1),
    face(5, 5, 5, 5, -1), face(5, 5, 5, 5, 10.5), face(5, 5, 5, 5, .nan),
    face(5, 5, 5, 5, .infinity),
  ]

  private let session = TestSession()
  private let picture = Picture(30, 20, seed: 4)

  @Test(arguments: cases)
  func isRefused(_ bad: Case) {
    var image = picture.image
    bad.change(&image)
    let answer = Answer()
    answer.result.crop_width = 4711
    expect(cal_session_attribute(session.handle, &image, nil, &answer.result), bad.status)
    #expect(answer.status == name(cal_status(bad.status)))
    #expect(answer.error == lastError)
    for word in bad.words { #expect(answer.error.contains(word), "\(answer.error)") }
    #expect(answer.vector.allSatisfy { $0 == -77 })
    var rest = answer.result
    rest.status = 0
    _ = withUnsafeMutableBytes(of: &rest.error) {
      $0.initializeMemory(as: UInt8.self, repeating: 0)
    }
    let empty = Answer()
    empty.result.ranked = rest.ranked
    empty.result.features = rest.features
    let left = withUnsafeBytes(of: rest) { Array($0) }
    #expect(left == withUnsafeBytes(of: empty.result) { Array($0) })

    var map = [Float](repeating: -3, count: 400)
    expect(cal_session_evidence(session.handle, &image, 3, &map, 400, nil), bad.status)
    #expect(map.allSatisfy { $0 == -3 })
  }

  @Test func buffersOfAResultAreChecked() {
    var image = picture.image
    let answer = Answer()
    answer.result.ranked = nil
    expect(
      cal_session_attribute(session.handle, &image, nil, &answer.result), CAL_ERR_ARGUMENT,
      "ranked")
    #expect(answer.status == "CAL_ERR_ARGUMENT" && answer.error.contains("ranked"))
    let narrow = Answer()
    narrow.result.feature_capacity = 23
    expect(
      cal_session_attribute(session.handle, &image, nil, &narrow.result), CAL_ERR_ARGUMENT, "23")
    let missing = Answer()
    missing.result.features = nil
    expect(
      cal_session_attribute(session.handle, &image, nil, &missing.result), CAL_ERR_ARGUMENT,
      "features")
    missing.result.feature_capacity = 0
    expect(cal_session_attribute(session.handle, &image, nil, &missing.result), CAL_OK)
  }

  /// Sentences are cut to their place at a character boundary.
  @Test func longSentencesAreCut() {
    let path = String(repeating: "é", count: 2000) + ".cal"
    var model: OpaquePointer?
    expect(cal_model_load_file(path, nil, &model), CAL_ERR_IO, "éé")
    #expect(lastError.utf8.count == 1022)
    #expect(!lastError.contains("\u{FFFD}"))
  }
}
