import CALModel
import CCal
import Testing

@Suite struct QuantizeTests {
  private static let pictures = (0..<24).map { Picture(50 + $0, 47, seed: UInt64($0)) }

  private static func images() -> [cal_image] { pictures.map(\.image) }

  /// A model made from these images, or the error.
  private static func quantized(
    _ images: [cal_image] = images(), flags: Int = 0, threads: UInt32 = 1,
    _ change: (inout cal_quantize_options) -> Void = { _ in }
  ) -> (status: cal_status, model: OpaquePointer?) {
    let model = load()
    defer { cal_model_free(model) }
    var options = cal_quantize_options()
    options.struct_size = UInt32(MemoryLayout<cal_quantize_options>.size)
    options.flags = UInt32(flags)
    options.threads = threads
    change(&options)
    var made: OpaquePointer?
    let status = cal_model_quantize(model, images, images.count, &options, &made)
    return (status, made)
  }

  @Test func theModelSaysWhatInt8DidToAnswers() {
    let (status, model) = Self.quantized()
    expect(status, CAL_OK)
    defer { cal_model_free(model) }
    let json = text { cal_model_describe(model, $0, $1, $2) }
    #expect(json.contains(#""quantization":{"images":24,"agreeing":2"#))
    #expect(json.contains(#""is_default":false}"#))

    // The same from sessions of both precisions.
    var agreeing = 0
    var change: Float = 0
    let exact = TestSession(of: model, precision: CAL_PRECISION_FP32)
    let coarse = TestSession(of: model, precision: CAL_PRECISION_INT8)
    #expect(exact.precision == "fp32")
    #expect(coarse.precision == "int8")
    for picture in Self.pictures {
      let a = exact.scores(picture.image)
      let b = coarse.scores(picture.image)
      if a[0].id == b[0].id { agreeing += 1 }
      for score in a {
        let other = b.first { $0.id == score.id }
        change = max(change, abs(score.probability - (other?.probability ?? 9)))
      }
    }
    #expect(change > 0)
    #expect(json.contains(#""agreeing":\#(agreeing),"probability_change":\#(change),"#))
  }

  @Test func fp32StaysAsItWas() {
    let (_, model) = Self.quantized(flags: CAL_QUANTIZE_DEFAULT)
    defer { cal_model_free(model) }
    let session = TestSession(of: model, precision: CAL_PRECISION_FP32)
    let before = TestSession()
    for picture in Self.pictures.prefix(3) {
      let old = before.scores(picture.image)
      let new = session.scores(picture.image)
      #expect(old.map(\.logit) == new.map(\.logit))
    }
  }

  @Test func theDefaultIsWhatTheModelSays() {
    let (status, model) = Self.quantized(flags: CAL_QUANTIZE_DEFAULT)
    expect(status, CAL_OK)
    defer { cal_model_free(model) }
    for (asked, name) in [(CAL_PRECISION_AUTO, "int8"), (CAL_PRECISION_FP32, "fp32")] {
      #expect(TestSession(of: model, precision: asked).precision == name)
    }
    #expect(TestSession().precision == "fp32")
    #expect(String(cString: cal_session_precision(nil)) == "")
  }

  @Test func threadsAndReportsOfInt8() {
    let (_, model) = Self.quantized(flags: CAL_QUANTIZE_DEFAULT)
    let (_, other) = Self.quantized(flags: CAL_QUANTIZE_DEFAULT, threads: 3)
    defer {
      cal_model_free(model)
      cal_model_free(other)
    }
    var digests = [[UInt8](repeating: 0, count: 32), [UInt8](repeating: 1, count: 32)]
    expect(cal_model_sha256(model, &digests[0]), CAL_OK)
    expect(cal_model_sha256(other, &digests[1]), CAL_OK)
    #expect(digests[0] == digests[1])

    let one = TestSession(of: model)
    let three = TestSession(of: model, threads: 3)
    for image in Self.images().prefix(4) {
      #expect(one.scores(image).map(\.logit) == three.scores(image).map(\.logit))
    }
  }

  /// Two prototypes between which lies what int8 does to the features of one image.
  @Test func aDefaultThatChangesAnswersIsRefused() {
    let images = Array(Self.images().prefix(1))
    let (_, first) = Self.quantized(images)
    defer { cal_model_free(first) }
    let exact = TestSession(of: first, precision: CAL_PRECISION_FP32).features(images[0])
    let coarse = TestSession(of: first, precision: CAL_PRECISION_INT8).features(images[0])
    let change = zip(exact, coarse).map { $0 - $1 }
    let middle = zip(exact, coarse).map { ($0 + $1) / 2 }
    let share = dot(change, middle) / dot(middle, middle)
    let across = zip(change, middle).map { 1000 * ($0 - share * $1) }
    let between = [across, across.map { -$0 }].enumerated().map { id, vector in
      Prototype(
        id: UInt64(id), kind: .known, name: "method \(id)", vector: vector, usage: 1,
        confidenceSum: 1, birthEpoch: 0, mergedInto: UInt64(id))
    }
    let model = load(Fixture.serialised(prototypes: between))
    defer { cal_model_free(model) }
    var options = cal_quantize_options()
    options.struct_size = UInt32(MemoryLayout<cal_quantize_options>.size)
    options.flags = UInt32(CAL_QUANTIZE_DEFAULT)
    var made: OpaquePointer? = OpaquePointer(bitPattern: 8)
    expect(
      cal_model_quantize(model, images, 1, &options, &made), CAL_ERR_REFUSED, "0 of 1 images",
      "99 of 100")
    #expect(made == nil)
    options.flags = 0
    expect(cal_model_quantize(model, images, 1, &options, &made), CAL_OK)
    cal_model_free(made)
  }

  private func dot(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

  @Test func int8NeedsRanges() {
    let model = load()
    defer { cal_model_free(model) }
    var options = cal_session_options()
    options.struct_size = UInt32(MemoryLayout<cal_session_options>.size)
    options.precision = cal_precision(CAL_PRECISION_INT8)
    var session: OpaquePointer?
    expect(cal_session_create(model, &options, &session), CAL_ERR_ARGUMENT, "cal_model_quantize")
    for value in [-1, 4] {
      options.precision = cal_precision(value)
      expect(
        cal_session_create(model, &options, &session), CAL_ERR_ARGUMENT, "precision", "\(value)")
    }
    #expect(session == nil)
  }

  @Test func badArgumentsAreNamed() {
    let good = Self.images()
    expect(Self.quantized([]).status, CAL_ERR_ARGUMENT, "count is 0")
    expect(Self.quantized { $0.flags = 2 }.status, CAL_ERR_ARGUMENT, "flags", "2")
    expect(Self.quantized { $0.reserved = 7 }.status, CAL_ERR_ARGUMENT, "reserved", "7")
    expect(Self.quantized { $0.threads = 999 }.status, CAL_ERR_ARGUMENT, "threads", "999")
    expect(Self.quantized { $0.struct_size = 31 }.status, CAL_ERR_STRUCT_SIZE, "32")
    var bad = good
    bad[5].width = 0
    bad[9].format = 77
    for threads in [UInt32(1), 3] {
      let (status, model) = Self.quantized(bad, threads: threads)
      #expect(status == CAL_ERR_IMAGE_SIZE || (threads > 1 && status == CAL_ERR_IMAGE_FORMAT))
      #expect(lastError.contains("images[5]") || threads > 1)
      #expect(model == nil)
    }
    var model: OpaquePointer? = OpaquePointer(bitPattern: 8)
    expect(cal_model_quantize(nil, good, good.count, nil, &model), CAL_ERR_HANDLE)
    #expect(model == nil)
    let loaded = load()
    defer { cal_model_free(loaded) }
    expect(cal_model_quantize(loaded, good, good.count, nil, nil), CAL_ERR_ARGUMENT, "out")
    expect(cal_model_quantize(loaded, nil, 3, nil, &model), CAL_ERR_ARGUMENT, "images")
  }

  @Test func numbersThatOverflowAreNamed() {
    let model = load(Fixture.overflowing)
    defer { cal_model_free(model) }
    var made: OpaquePointer?
    let images = Self.images()
    expect(
      cal_model_quantize(model, images, images.count, nil, &made), CAL_ERR_NUMERIC, "images[0]")
  }

  @Test func progressCountsBothPassesAndCancels() {
    let seen = Calls()
    let user = Unmanaged.passUnretained(seen).toOpaque()
    let callback: cal_progress_callback = { user, done, total in
      let seen = Unmanaged<Calls>.fromOpaque(user!).takeUnretainedValue()
      seen.counts.append(done)
      seen.totals.insert(total)
      return done == seen.limit ? 1 : 0
    }
    func run() -> (cal_status, OpaquePointer?) {
      let (status, model) = Self.quantized {
        $0.progress = callback
        $0.progress_user = user
      }
      return (status, model)
    }
    let (status, model) = run()
    expect(status, CAL_OK)
    cal_model_free(model)
    #expect(seen.counts == Array(0...48))
    #expect(seen.totals == [48])
    for limit: UInt64 in [0, 5, 24, 30] {
      seen.limit = limit
      expect(run().0, CAL_ERR_CANCELLED, "cancelled after \(limit) of 48")
    }
  }

  private final class Calls {
    var counts: [UInt64] = []
    var totals: Set<UInt64> = []
    var limit = UInt64.max
  }
}
