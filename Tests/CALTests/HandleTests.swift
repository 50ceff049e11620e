import CCal
import Testing

@Suite struct HandleTests {
  /// Every function that takes a model, given `model`; its status. Outputs are all present. The
  /// same below for the other types.
  static func callAll(model: OpaquePointer?) -> [cal_status] {
    var info = cal_model_info()
    var entry = cal_prototype()
    var session: OpaquePointer?
    var length = 0
    var digest = [UInt8](repeating: 0, count: 32)
    var image = cal_image()
    var made: OpaquePointer?
    return [
      cal_model_get_info(model, &info), cal_model_get_prototype(model, 0, &entry),
      cal_model_find_prototype(model, 3, &entry), cal_model_sha256(model, &digest),
      cal_model_describe(model, nil, 0, &length), cal_model_save(model, "/nowhere/x"),
      cal_session_create(model, nil, &session), cal_model_quantize(model, &image, 1, nil, &made),
      cal_model_calibrate(model, [1, 2], [3], 1, &made),
      cal_updater_create(model, "/nowhere/x", nil, &made),
    ]
  }

  /// Of a trainer, a model is the start; NULL means none.
  static func start(_ model: OpaquePointer?) -> cal_status {
    var options = cal_training_options()
    options.struct_size = UInt32(MemoryLayout<cal_training_options>.size)
    var source = cal_source()
    source.struct_size = UInt32(MemoryLayout<cal_source>.size)
    var made: OpaquePointer?
    return cal_trainer_create(&options, &source, model, &made)
  }

  static func callAll(trainer: OpaquePointer?) -> [cal_status] {
    var made: OpaquePointer?
    return [
      cal_trainer_run(trainer, nil, nil), cal_trainer_save(trainer, "/nowhere/x"),
      cal_trainer_resume(trainer, "/nowhere/x"), cal_trainer_model(trainer, nil, nil, &made),
      cal_trainer_cancel(trainer),
    ]
  }

  static func callAll(updater: OpaquePointer?) -> [cal_status] {
    var image = cal_image()
    var result = cal_result()
    var length = 0
    var made: OpaquePointer?
    let key = [UInt8](repeating: 0, count: 32)
    return [
      cal_updater_observe(updater, nil, &image, 1, nil, &result),
      cal_updater_observe_features(updater, [1, 2], key, 1), cal_updater_sync(updater),
      cal_updater_status(updater, nil, 0, &length), cal_updater_preview(updater, nil),
      cal_updater_commit(updater, nil, &made), cal_updater_report(updater, nil, 0, &length),
      cal_updater_history(updater, nil, 0, &length), cal_updater_model(updater, &made),
      cal_updater_rollback(updater, 1, &made), cal_updater_name(updater, 3, "x"),
      cal_updater_assign(updater, 3, 4), cal_updater_label(updater, key, [1, 2], 1, 3, nil),
      cal_updater_merge(updater, "/nowhere/x"), cal_updater_cancel(updater),
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
      cal_session_report(session, &result, nil, nil, 0, &length),
      cal_session_profile(session, nil, 0, &length), cal_session_cancel(session),
    ]
  }

  static func isRefused(_ handle: OpaquePointer?) -> Bool {
    let statuses =
      callAll(model: handle) + callAll(session: handle) + callAll(trainer: handle)
      + callAll(updater: handle)
    return statuses.allSatisfy { $0 == CAL_ERR_HANDLE }
      && (handle == nil || start(handle) == CAL_ERR_HANDLE)
      && String(cString: cal_session_kernels(handle)) == ""
      && String(cString: cal_session_precision(handle)) == ""
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
    func expectRefusal(_ statuses: [cal_status], _ sentence: String) {
      #expect(statuses.allSatisfy { $0 == CAL_ERR_HANDLE })
      #expect(lastError.contains(sentence))
    }
    expectRefusal(
      HandleTests.callAll(model: session.handle), "not a cal_model but looks like a cal_session")
    expectRefusal(
      HandleTests.callAll(session: session.model), "not a cal_session but looks like a cal_model")
    expectRefusal(
      HandleTests.callAll(trainer: session.model), "not a cal_trainer but looks like a cal_model")
    expectRefusal(
      HandleTests.callAll(updater: session.handle), "not a cal_updater but looks like a cal_session"
    )
    #expect(HandleTests.start(session.handle) == CAL_ERR_HANDLE)
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
    expect(cal_session_cancel(session), CAL_ERR_HANDLE, "freed")
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
