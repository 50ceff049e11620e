import CALDigest
import CALNetwork
import CCal
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct AttributionTests {
  private let session = TestSession()
  private let picture = Picture(61, 47, seed: 2)

  private func options(_ change: (inout cal_attribute_options) -> Void) -> cal_attribute_options {
    var options = cal_attribute_options()
    options.struct_size = 32
    change(&options)
    return options
  }

  @Test func logitsAndProbabilitiesFollowFromTheFeatures() {
    let answer = session.attribute(picture.image)
    #expect(answer.status == "CAL_OK" && answer.error == "")
    let inUse = Fixture.prototypes.filter { $0.kind != .retired }
    #expect(Set(answer.scores.map(\.id)) == Set(inUse.map(\.id)))
    let logits = inUse.map { prototype in
      zip(prototype.vector, answer.vector).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let weights = logits.map { exp($0 / Double(Fixture.temperature)) }
    let sum = weights.reduce(0, +)
    for score in answer.scores {
      let row = inUse.firstIndex { $0.id == score.id }!
      #expect(abs(Double(score.logit) - logits[row]) < 1e-5)
      #expect(abs(Double(score.probability) - weights[row] / sum) < 1e-5)
      #expect(score.kind == inUse[row].kind.rawValue)
      #expect(Fixture.prototypes[Int(score.index)].id == score.id)
    }
    let ranked = answer.scores.map(\.logit)
    #expect(zip(ranked, ranked.dropFirst()).allSatisfy { $0 > $1 })
    // Features that were all alike would make this test worth nothing.
    #expect(Set(answer.vector).count > 10)
  }

  @Test func theRestOfTheResult() {
    let answer = session.attribute(picture.image)
    let result = answer.result
    #expect(result.bank_epoch == 6)
    #expect(result.known_threshold == Fixture.knownThreshold)
    #expect(result.novel_threshold == Fixture.novelThreshold)
    #expect(result.width == 61 && result.height == 47)
    #expect(result.crop_x == 0 && result.crop_y == 0)
    #expect(result.crop_width == 61 && result.crop_height == 47)
    var sha256 = SHA256()
    sha256.update(UnsafeRawBufferPointer(picture.memory).bytes)
    let expected = sha256.finish()
    #expect((0..<32).allSatisfy { answer.digest[$0] == expected[$0] })
  }

  @Test func aShortRankingIsTheHeadOfALongOne() {
    let whole = session.attribute(picture.image)
    for count in 0...6 {
      let answer = Answer(ranked: count)
      var image = picture.image
      expect(cal_session_attribute(session.handle, &image, nil, &answer.result), CAL_OK)
      #expect(answer.scores.map(\.id) == whole.scores.prefix(count).map(\.id))
      #expect(answer.scores.map(\.probability) == whole.scores.prefix(count).map(\.probability))
      #expect(answer.result.verdict == whole.result.verdict)
    }
  }

  @Test func thresholdsDecideTheVerdict() {
    // Novel prototypes only differ in kind: which one is on top is up to the random weights.
    let top = session.attribute(picture.image).scores[0]
    let isKnown = top.kind == CAL_KIND_KNOWN
    let verdict = isKnown ? CAL_VERDICT_KNOWN : CAL_VERDICT_NOVEL
    func given(_ threshold: Float, other: Float) -> Int {
      let options = options {
        $0.known_threshold = isKnown ? threshold : other
        $0.novel_threshold = isKnown ? other : threshold
      }
      let result = session.attribute(picture.image, options).result
      let stated = isKnown ? result.known_threshold : result.novel_threshold
      #expect(stated == (threshold < 0 ? -1 : threshold))
      return Int(result.verdict)
    }
    #expect(given(top.probability, other: 1) == verdict)
    #expect(given(top.probability.nextUp, other: -1) == CAL_VERDICT_UNDETERMINED)
    #expect(given(-1, other: 1) == verdict)
    #expect(given(-.infinity, other: 1) == verdict)
  }

  @Test func hostileOptionsAreRefused() {
    let changes: [(String, (inout cal_attribute_options) -> Void)] = [
      ("known_threshold", { $0.known_threshold = 1.0001 }),
      ("known_threshold", { $0.known_threshold = .nan }),
      ("novel_threshold", { $0.novel_threshold = .infinity }),
      ("novel_threshold", { $0.novel_threshold = .nan }),
      ("flags", { $0.flags = 2 }), ("flags", { $0.flags = .max }),
    ]
    for (word, change) in changes {
      var options = options(change)
      var image = picture.image
      let answer = Answer()
      answer.result.width = 4711
      expect(
        cal_session_attribute(session.handle, &image, &options, &answer.result), CAL_ERR_ARGUMENT,
        word)
      #expect(answer.result.width == 4711)
    }
  }

  @Test func thePixelDigestCanBeLeftOut() {
    let answer = session.attribute(picture.image, options { $0.flags = 1 })
    #expect(answer.digest.allSatisfy { $0 == 0 })
    #expect(answer.scores.map(\.logit) == session.attribute(picture.image).scores.map(\.logit))
  }

  @Test(arguments: [1, 2, 3, 4], [0, 1, 13])
  func everyFormatAndStrideGivesTheSameBits(format: Int, padding: Int) {
    let other = Picture(61, 47, seed: 2, format: format, padding: padding)
    #expect(session.attribute(other.image).bits == session.attribute(picture.image).bits)
  }

  @Test func greyIsEqualRedGreenAndBlue() {
    let grey = Picture(33, 50, format: CAL_FORMAT_GRAY8, padding: 3) { x, y in
      (UInt8(truncatingIfNeeded: 7 * x + y), 0, 0)
    }
    let colour = Picture(33, 50) { x, y in
      let value = UInt8(truncatingIfNeeded: 7 * x + y)
      return (value, value, value)
    }
    #expect(session.attribute(grey.image).bits == session.attribute(colour.image).bits)
  }

  @Test func strideZeroMeansPacked() {
    var image = picture.image
    image.stride = 0
    #expect(session.attribute(image).bits == session.attribute(picture.image).bits)
  }

  @Test func aFaceBoxGrowsByItsMargin() {
    var image = picture.image
    image.face = cal_box(x: 20, y: 10, width: 20, height: 20)
    // 20 * (1.2 - 1) / 2 is a hair below 2 in double precision, and is cut to 1 as published.
    let published = session.attribute(image).result
    #expect(published.crop_x == 19 && published.crop_y == 9)
    #expect(published.crop_width == 22 && published.crop_height == 22)
    image.face_margin = 1
    let exact = session.attribute(image)
    #expect(exact.result.crop_x == 20 && exact.result.crop_width == 20)
    let cut = Picture(20, 20) { x, y in
      let offset = (y + 10) * self.picture.stride + 3 * (x + 20)
      let memory = self.picture.memory
      return (memory[offset], memory[offset + 1], memory[offset + 2])
    }
    #expect(exact.vector == session.attribute(cut.image).vector)
    #expect(exact.digest == session.attribute(picture.image).digest)
    image.face_margin = 10
    let clipped = session.attribute(image).result
    #expect(clipped.crop_x == 0 && clipped.crop_width == 61 && clipped.crop_height == 47)
  }

  @Test func featuresAloneAreTheSame() {
    var image = picture.image
    var features = [Float](repeating: -1, count: Fixture.featureCount + 1)
    expect(cal_session_features(session.handle, &image, &features, features.count), CAL_OK)
    #expect(Array(features.dropLast()) == session.attribute(picture.image).vector)
    #expect(features.last == -1)
    let handle = session.handle
    expect(cal_session_features(handle, &image, &features, 23), CAL_ERR_ARGUMENT, "23", "24")
    expect(cal_session_features(handle, &image, nil, 24), CAL_ERR_ARGUMENT, "features")
    expect(cal_session_features(handle, nil, &features, 24), CAL_ERR_ARGUMENT, "image")
    image.width = 0
    features[0] = 5
    expect(cal_session_features(handle, &image, &features, 24), CAL_ERR_IMAGE_SIZE, "0")
    #expect(features[0] == 5)
  }

  @Test func missingArguments() {
    var image = picture.image
    let answer = Answer()
    let handle = session.handle
    expect(cal_session_attribute(handle, nil, nil, &answer.result), CAL_ERR_ARGUMENT, "image")
    expect(cal_session_attribute(handle, &image, nil, nil), CAL_ERR_ARGUMENT, "result")
  }

  @Test func featuresThatOverflowAreAnError() {
    let session = TestSession(bytes: Fixture.overflowing)
    let answer = session.attribute(picture.image)
    #expect(answer.status == "CAL_ERR_NUMERIC")
    #expect(answer.result.verdict == 0 && answer.result.ranked_count == 0)
    #expect(answer.result.width == 0 && answer.digest.allSatisfy { $0 == 0 })
    #expect(answer.vector.allSatisfy { $0 == -77 })
    var image = picture.image
    var map = [Float](repeating: -3, count: 400)
    var logit: Float = -3
    expect(
      cal_session_evidence(session.handle, &image, 3, &map, 400, &logit), CAL_ERR_NUMERIC)
    #expect(map.allSatisfy { $0 == -3 } && logit == -3)
  }

  @Test(
    arguments: KernelSet.allCases.filter(\.isAvailable),
    [CAL_PRECISION_FP32, CAL_PRECISION_BF16])
  func numbersThatCancelToNoneAreAnError(kernels: KernelSet, precision: Int) {
    let session = TestSession(
      kernels: Int(kernels.rawValue), bytes: Fixture.cancelling, precision: precision)
    #expect(session.attribute(picture.image).status == "CAL_ERR_NUMERIC")
  }

  @Test(arguments: [(1, 1), (1, 300), (300, 1), (2, 3), (1000, 700)])
  func everySizeWorks(width: Int, height: Int) {
    let picture = Picture(width, height, seed: 6)
    let answer = session.attribute(picture.image)
    #expect(answer.status == "CAL_OK")
    #expect(answer.result.width == width && answer.result.crop_height == height)
  }

  @Test func fastAndReferenceKernelsAgree() {
    let reference = TestSession(kernels: CAL_KERNELS_REFERENCE).attribute(picture.image)
    let fast = session.attribute(picture.image)
    #expect(reference.status == "CAL_OK")
    for (a, b) in zip(reference.vector, fast.vector) { #expect(abs(a - b) < 1e-4 * max(1, abs(a))) }
    #expect(reference.scores.map(\.id) == fast.scores.map(\.id))
  }
}
