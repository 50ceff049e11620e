import CCal
import Testing

@Suite struct ReportTests {
  private let session = TestSession()
  private let picture = Picture(61, 47, seed: 2)

  private func report(_ answer: Answer, source: String? = nil) -> String {
    text {
      if let source {
        return cal_session_report(session.handle, &answer.result, source, $0, $1, $2)
      }
      return cal_session_report(session.handle, &answer.result, nil, $0, $1, $2)
    }
  }

  private func buildInfo(_ key: String) -> String {
    let lines = text { cal_build_info($0, $1, $2) }.split(separator: "\n")
    let line = lines.first { $0.hasPrefix(key + ": ") } ?? ""
    return String(line.dropFirst(key.count + 2))
  }

  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test func everyByteOfAReport() {
    let answer = session.attribute(picture.image)
    var digest = [UInt8](repeating: 0, count: 32)
    expect(cal_model_sha256(session.model, &digest), CAL_OK)
    let names = [
      3: #""stylegan""#, 4: #""named later""#,
      7: #""quote \" backslash \\ slash / é 日本 🙂""#,
    ]
    let ranked = answer.scores.enumerated().map { i, score in
      #"{"rank":\#(i + 1),"id":\#(score.id),"name":\#(names[Int(score.id)] ?? "null"),"#
        + #""kind":"\#(score.kind == 1 ? "known" : "novel")","logit":\#(score.logit),"#
        + #""probability":\#(score.probability)}"#
    }.joined(separator: ",")
    let verdict = ["undetermined", "known", "novel"][Int(answer.result.verdict)]
    let kernels = String(cString: cal_session_kernels(session.handle))
    let expected =
      #"{"schema":"cal.report/1","source":"a\"b\\c\n\u0001é.png","status":"CAL_OK","error":null,"#
      + #""verdict":"\#(verdict)","thresholds":{"known":0.25,"novel":0.5},"ranked":[\#(ranked)],"#
      + #""image":{"width":61,"height":47,"crop":{"x":0,"y":0,"width":61,"height":47},"#
      + #""pixels_sha256":"\#(hex(answer.digest))"},"#
      + #""model":{"sha256":"\#(hex(digest))","format_version":1},"bank":{"epoch":6},"#
      + #""tool":{"name":"libcal","version":"\#(String(cString: cal_version()))","#
      + #""abi":\#(cal_abi_version()),"source":"\#(buildInfo("source"))","kernels":"\#(kernels)","#
      + #""precision":"fp32","blas":"\#(buildInfo("blas"))"}}"#
    #expect(report(answer, source: "a\"b\\c\n\u{1}é.png") == expected)
    #expect(report(answer, source: "a\"b\\c\n\u{1}é.png") == expected)
  }

  @Test func absentThingsAreNull() {
    var options = cal_attribute_options()
    options.struct_size = 32
    options.flags = UInt32(CAL_ATTRIBUTE_NO_PIXEL_DIGEST)
    options.known_threshold = -3
    let json = report(session.attribute(picture.image, options))
    #expect(json.contains(#""source":null,"#))
    #expect(json.contains(#""thresholds":{"known":null,"novel":0.5}"#))
    #expect(json.contains(#""pixels_sha256":null"#))
  }

  /// The verdict is held against the thresholds that it was made with, not the model's.
  @Test(arguments: [-1, 0.001, 0.25, 0.9, 1]) func thresholdsMayBeTheCallers(threshold: Float) {
    var options = cal_attribute_options()
    options.struct_size = 32
    options.known_threshold = threshold
    options.novel_threshold = threshold
    let answer = session.attribute(picture.image, options)
    #expect(report(answer).contains(#""status":"CAL_OK""#))
    #expect((answer.result.verdict == 0) == (answer.scores[0].probability < threshold))
    // Without ranks there is nothing to hold it against.
    answer.result.ranked_count = 0
    #expect(report(answer).contains(#""ranked":[]"#))
  }

  @Test func aFailedImageHasItsErrorAndNothingElse() {
    var image = picture.image
    image.width = 0
    let json = report(session.attribute(image), source: "x")
    #expect(
      json.hasPrefix(
        #"{"schema":"cal.report/1","source":"x","status":"CAL_ERR_IMAGE_SIZE","#
          + #""error":"image width 0 is not in 1 to 32768","verdict":null,"thresholds":null,"#
          + #""ranked":[],"image":null,"model":{"#))
  }

  @Test func aReportDoesNotDependOnThreadsOrSessions() {
    let json = report(session.attribute(picture.image))
    let other = TestSession(threads: 3)
    let answer = other.attribute(picture.image)
    #expect(json == text { cal_session_report(other.handle, &answer.result, nil, $0, $1, $2) })
  }

  @Test func resultsThatNoAttributionGaveAreRefused() {
    let good = session.attribute(picture.image)
    let changes: [(String, (inout cal_result) -> Void)] = [
      ("verdict", { $0.verdict = 3 }), ("verdict", { $0.verdict = -1 }),
      ("bank_epoch", { $0.bank_epoch = 5 }), ("crop", { $0.crop_width = 0 }),
      ("ranked_count", { $0.ranked_count = 5 }), ("ranked_count", { $0.ranked_count = .max }),
      ("ranked", { $0.ranked = nil }), ("ranked[1]", { $0.ranked[1].id = 999 }),
      ("ranked[0]", { $0.ranked[0].index = .max }),
      ("ranked[0]", { ($0.ranked[0].index, $0.ranked[0].id) = (1, 5) }),
      ("ranked[2]", { $0.ranked[2].logit = .nan }),
      ("ranked[2]", { $0.ranked[2].probability = 1.5 }),
      ("status", { $0.status = 12345 }), ("verdict", { $0.verdict = ($0.verdict + 1) % 3 }),
      ("verdict", { $0.verdict = ($0.verdict + 2) % 3 }),
      ("known_threshold", { $0.known_threshold = .nan }),
      ("known_threshold", { $0.known_threshold = 1.5 }),
      ("novel_threshold", { $0.novel_threshold = -.infinity }),
      ("crop", { $0.crop_x = 1 }), ("crop", { $0.crop_y = .max }), ("crop", { $0.width = 60 }),
      ("ranked[3] has id", { $0.ranked[3] = $0.ranked[1] }),
      (
        "ranked[1]",
        { ($0.ranked[0], $0.ranked[1]) = ($0.ranked[1], $0.ranked[0]) }
      ),
      (
        "ranked[1]",
        { result in
          if result.ranked[0].id < result.ranked[1].id {
            (result.ranked[0], result.ranked[1]) = (result.ranked[1], result.ranked[0])
          }
          result.ranked[0].logit = 1e3
          result.ranked[1].logit = 1e3
        }
      ),
    ]
    var length = -1
    for (word, change) in changes {
      let answer = session.attribute(picture.image)
      change(&answer.result)
      expect(
        cal_session_report(session.handle, &answer.result, nil, nil, 0, &length), CAL_ERR_ARGUMENT,
        word)
    }
    #expect(length == -1)
    var blank = cal_result()
    blank.struct_size = 368
    expect(
      cal_session_report(session.handle, &blank, nil, nil, 0, &length), CAL_ERR_ARGUMENT)
    expect(
      cal_session_report(session.handle, &good.result, [-1, 0], nil, 0, &length),
      CAL_ERR_ARGUMENT, "source", "UTF-8")
    expect(cal_session_report(session.handle, nil, nil, nil, 0, &length), CAL_ERR_ARGUMENT)
    expect(
      cal_session_report(session.handle, &good.result, nil, nil, 0, nil), CAL_ERR_ARGUMENT,
      "length")
  }

  /// A caller may have filled the error text to its last byte, or with bytes that are no text.
  @Test func anErrorTextWithoutAnEndIsRead() {
    let answer = Answer()
    answer.result.status = cal_status(CAL_ERR_NUMERIC)
    withUnsafeMutableBytes(of: &answer.result.error) { error in
      for i in error.indices { error[i] = i == 0 ? 0xFF : 0x61 }
    }
    let expected = #""error":"\#u{FFFD}"# + String(repeating: "a", count: 255) + #"","#
    #expect(report(answer).contains(expected))
  }
}
