import CCal
import Testing

@Suite struct HandleTests {
  /// Every function that takes a handle, given `handle`; its status. Outputs are all present.
  static func callAll(model: OpaquePointer?) -> [cal_status] {
    var info = cal_model_info()
    var entry = cal_prototype()
    var session: OpaquePointer?
    var length = 0
    var digest = [UInt8](repeating: 0, count: 32)
    return [
      cal_model_get_info(model, &info), cal_model_get_prototype(model, 0, &entry),
      cal_model_find_prototype(model, 3, &entry), cal_model_sha256(model, &digest),
      cal_model_describe(model, nil, 0, &length), cal_model_save(model, "/nowhere/x"),
      cal_session_create(model, nil, &session),
    ]
  }

  static func callAll(session: OpaquePointer?) -> [cal_status] {
    var image = cal_image()
    var result = cal_result()
    var floats = [Float](repeating: 0, count: 4)
    var length = 0
    return [
      cal_session_attribute(session, &image, nil, &result),
      cal_session_attribute_batch(session, &image, 1, nil, &result),
      cal_session_features(session, &image, &floats, 4),
      cal_session_evidence(session, &image, 3, &floats, 4, nil),
      cal_session_report(session, &result, nil, nil, 0, &length), cal_session_cancel(session),
    ]
  }

  static func isRefused(_ handle: OpaquePointer?) -> Bool {
    let statuses = callAll(model: handle) + callAll(session: handle)
    return statuses.allSatisfy { $0 == CAL_ERR_HANDLE }
      && String(cString: cal_session_kernels(handle)) == ""
  }

  @Test func nullIsRefused() {
    #expect(HandleTests.isRefused(nil))
    #expect(lastError.contains("NULL"))
  }

  @Test func memoryThatIsNoHandleIsRefused() {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 4096)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt64.self, repeating: 1, count: 512)
    for offset in 0..<32 { #expect(HandleTests.isRefused(OpaquePointer(memory + offset))) }
    #expect(HandleTests.isRefused(OpaquePointer(bitPattern: UInt.max)))
    for bits in UInt(1)...15 { #expect(HandleTests.isRefused(OpaquePointer(bitPattern: bits))) }
  }

  @Test func theOtherTypeIsRefusedByName() {
    let session = TestSession()
    let asModel = HandleTests.callAll(model: session.handle)
    #expect(asModel.allSatisfy { $0 == CAL_ERR_HANDLE })
    #expect(lastError.contains("not a cal_model but looks like a cal_session"))
    let asSession = HandleTests.callAll(session: session.model)
    #expect(asSession.allSatisfy { $0 == CAL_ERR_HANDLE })
    #expect(lastError.contains("not a cal_session but looks like a cal_model"))
    cal_model_free(session.handle)
    cal_session_free(session.model)
    expect(cal_session_cancel(session.handle), CAL_OK)
  }

  @Test func freedHandlesAreRefusedAndMayBeFreedAgain() {
    let model = load()
    var session: OpaquePointer?
    expect(cal_session_create(model, nil, &session), CAL_OK)
    for _ in 0..<3 {
      cal_session_free(session)
      cal_model_free(model)
    }
    #expect(HandleTests.isRefused(model))
    #expect(HandleTests.isRefused(session))
    #expect(lastError.contains("freed"))
  }

  @Test func aFreedHandleNeverComesBack() {
    var seen: Set<OpaquePointer?> = []
    for _ in 0..<20 {
      let model = load()
      #expect(seen.insert(model).inserted)
      cal_model_free(model)
    }
    #expect(seen.allSatisfy(HandleTests.isRefused))
  }

  @Test func aSessionKeepsItsModel() {
    let model = load()
    var session: OpaquePointer?
    expect(cal_session_create(model, nil, &session), CAL_OK)
    let picture = Picture(30, 30, seed: 1)
    var image = picture.image
    let before = Answer()
    let after = Answer()
    expect(cal_session_attribute(session, &image, nil, &before.result), CAL_OK)
    cal_model_free(model)
    expect(cal_session_attribute(session, &image, nil, &after.result), CAL_OK)
    #expect(before.bits == after.bits)
    cal_session_free(session)
  }
}
