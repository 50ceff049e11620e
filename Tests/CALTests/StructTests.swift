import CCal
import Testing

@Suite struct StructTests {
  @Test func swiftAndCAgreeOnSizes() {
    #expect(MemoryLayout<cal_load_options>.size == 32)
    #expect(MemoryLayout<cal_model_info>.size == 80)
    #expect(MemoryLayout<cal_prototype>.size == 296)
    #expect(MemoryLayout<cal_image>.size == 64)
    #expect(MemoryLayout<cal_session_options>.size == 24)
    #expect(MemoryLayout<cal_quantize_options>.size == 32)
    #expect(MemoryLayout<cal_score>.size == 24)
    #expect(MemoryLayout<cal_attribute_options>.size == 32)
    #expect(MemoryLayout<cal_result>.size == 368)
  }

  /// One less than the first release's size, in every place that takes a struct.
  @Test func shortStructsAreRefused() {
    let session = TestSession()
    let picture = Picture(20, 20, seed: 3)
    for missing in [UInt32(1), 4, .max] {
      var info = cal_model_info()
      info.struct_size = missing == .max ? 0 : 80 - missing
      info.input_size = 123
      expect(cal_model_get_info(session.model, &info), CAL_ERR_STRUCT_SIZE, "info", "80")
      #expect(info.input_size == 123)

      var entry = cal_prototype()
      entry.struct_size = missing == .max ? 0 : 296 - missing
      expect(cal_model_get_prototype(session.model, 0, &entry), CAL_ERR_STRUCT_SIZE, "296")
      expect(cal_model_find_prototype(session.model, 3, &entry), CAL_ERR_STRUCT_SIZE, "296")

      var image = picture.image
      image.struct_size = missing == .max ? 0 : 64 - missing
      var good = picture.image
      let answer = Answer()
      var floats = [Float](repeating: 0, count: 1000)
      let handle = session.handle
      expect(cal_session_attribute(handle, &image, nil, &answer.result), CAL_ERR_STRUCT_SIZE)
      expect(cal_session_features(handle, &image, &floats, 1000), CAL_ERR_STRUCT_SIZE, "image")
      expect(
        cal_session_evidence(handle, &image, 3, &floats, 1000, nil), CAL_ERR_STRUCT_SIZE, "image")

      var how = cal_attribute_options()
      how.struct_size = missing == .max ? 0 : 32 - missing
      expect(
        cal_session_attribute(handle, &good, &how, &answer.result), CAL_ERR_STRUCT_SIZE, "options")

      answer.result.struct_size = missing == .max ? 0 : 368 - missing
      var length = 0
      expect(
        cal_session_attribute(handle, &good, nil, &answer.result), CAL_ERR_STRUCT_SIZE, "result")
      expect(
        cal_session_report(handle, &answer.result, nil, nil, 0, &length), CAL_ERR_STRUCT_SIZE)

      var created: OpaquePointer? = handle
      var options = cal_session_options()
      options.struct_size = missing == .max ? 0 : 16 - missing
      expect(cal_session_create(session.model, &options, &created), CAL_ERR_STRUCT_SIZE, "16")
      #expect(created == nil)

      var loadOptions = cal_load_options()
      loadOptions.struct_size = missing == .max ? 0 : 32 - missing
      created = handle
      let bytes = Fixture.bytes
      expect(
        cal_model_load_memory(bytes, bytes.count, &loadOptions, &created), CAL_ERR_STRUCT_SIZE)
      #expect(created == nil)
    }
  }

  /// Arrays of a caller with a longer, later header: `extra` bytes behind every struct.
  @Test(arguments: [8, 64])
  func longerStructsAreWalkedAndTheirEndsLeftAlone(extra: Int) {
    let session = TestSession()
    let pictures = (0..<3).map { Picture(20 + $0, 30, seed: UInt64($0)) }
    let imageStride = MemoryLayout<cal_image>.size + extra
    let resultStride = MemoryLayout<cal_result>.size + extra
    let images = filled(3 * imageStride)
    let results = filled(3 * resultStride)
    defer {
      images.deallocate()
      results.deallocate()
    }
    let answers = pictures.map { _ in Answer() }
    for (i, picture) in pictures.enumerated() {
      var image = picture.image
      image.struct_size = UInt32(imageStride)
      answers[i].result.struct_size = UInt32(resultStride)
      (images + i * imageStride).copyMemory(from: &image, byteCount: 64)
      (results + i * resultStride).copyMemory(from: &answers[i].result, byteCount: 368)
    }
    expect(
      cal_session_attribute_batch(
        session.handle, images.assumingMemoryBound(to: cal_image.self), 3, nil,
        results.assumingMemoryBound(to: cal_result.self)), CAL_OK)
    for (i, picture) in pictures.enumerated() {
      let result = results + i * resultStride
      withUnsafeMutableBytes(of: &answers[i].result) {
        $0.copyMemory(from: UnsafeRawBufferPointer(start: result, count: 368))
      }
      #expect(answers[i].result.struct_size == resultStride)
      answers[i].result.struct_size = 368
      #expect(answers[i].bits == session.attribute(picture.image).bits)
      let end = UnsafeRawBufferPointer(start: result + 368, count: extra)
      #expect(end.allSatisfy { $0 == 0xA5 })
    }
  }

  @Test func arraysMustBeInitialisedAlike() {
    let session = TestSession()
    let picture = Picture(20, 20, seed: 3)
    var images = [picture.image, picture.image, picture.image]
    var results = [Answer(), Answer(), Answer()].map(\.result)
    images[1].struct_size = 0
    expect(
      cal_session_attribute_batch(session.handle, images, 3, nil, &results), CAL_ERR_STRUCT_SIZE,
      "images[1]")
    images[1].struct_size = images[0].struct_size
    results[2].struct_size += 8
    results[0].width = 4711
    expect(
      cal_session_attribute_batch(session.handle, images, 3, nil, &results), CAL_ERR_STRUCT_SIZE,
      "results[2]")
    #expect(results[0].width == 4711)
  }

  @Test func misalignedStructsAreFine() {
    let session = TestSession()
    let picture = Picture(33, 21, seed: 4)
    let memory = filled(1000)
    defer { memory.deallocate() }
    let answer = Answer()
    var image = picture.image
    (memory + 3).copyMemory(from: &image, byteCount: 64)
    (memory + 201).copyMemory(from: &answer.result, byteCount: 368)
    expect(
      cal_session_attribute(
        session.handle, UnsafePointer(OpaquePointer(memory + 3)), nil,
        UnsafeMutablePointer(OpaquePointer(memory + 201))), CAL_OK)
    withUnsafeMutableBytes(of: &answer.result) {
      $0.copyMemory(from: UnsafeRawBufferPointer(start: memory + 201, count: 368))
    }
    #expect(answer.bits == session.attribute(picture.image).bits)
  }

  private func filled(_ count: Int) -> UnsafeMutableRawPointer {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 16)
    memory.initializeMemory(as: UInt8.self, repeating: 0xA5, count: count)
    return memory
  }
}
