import CCal
import Foundation
import Testing

/// cal_updater_observe with more images than it holds features of at a time is still one call.
@Suite struct ObserveTests {
  /// What a callback is given.
  private final class Scene {
    static let count = 300
    /// Images whose features are held at a time.
    static let part: UInt64 = 256
    private static let pictures = (0..<6).map { Picture(44, 41, seed: UInt64($0)) }

    let session = TestSession()
    let updater: OpaquePointer?
    let images = (0..<count).map { pictures[$0 % pictures.count].image }
    let results = UnsafeMutableBufferPointer<cal_result>.allocate(capacity: count)
    var options = cal_attribute_options()
    var onProgress: (Scene, UInt64) -> Int32 = { _, _ in 0 }
    var dones: [UInt64] = []
    var statuses: [cal_status] = []
    private let folder = NSTemporaryDirectory() + "cal-observe-" + UUID().uuidString

    init() {
      var made: OpaquePointer?
      expect(cal_updater_create(session.model, folder, nil, &made), CAL_OK)
      updater = made
      var mark = cal_result()
      mark.struct_size = UInt32(MemoryLayout<cal_result>.size)
      mark.width = 77
      results.initialize(repeating: mark)
      options.struct_size = UInt32(MemoryLayout<cal_attribute_options>.size)
      options.progress_user = Unmanaged.passUnretained(self).toOpaque()
      options.progress = { user, done, total in
        let scene = Unmanaged<Scene>.fromOpaque(user!).takeUnretainedValue()
        scene.dones.append(done)
        return total == Scene.count ? scene.onProgress(scene, done) : -1
      }
    }

    deinit {
      cal_updater_free(updater)
      results.deallocate()
      try? FileManager.default.removeItem(atPath: folder)
    }

    func observe() -> cal_status {
      var options = options
      return cal_updater_observe(
        updater, session.handle, images, Scene.count, &options, results.baseAddress)
    }

    /// That the updater took in.
    var seen: String {
      let json = text { cal_updater_status(updater, $0, $1, $2) }
      return String(json.split(separator: "\"seen\":")[1].prefix { $0.isNumber })
    }

    func count(_ status: Int) -> Int { results.count { $0.status == status } }
    var areUntouched: Bool { results.allSatisfy { $0.width == 77 && $0.status == 0 } }
  }

  @Test func allImagesAreTakenIn() {
    let scene = Scene()
    expect(scene.observe(), CAL_OK)
    #expect(scene.dones == [0, Scene.part, 300])
    #expect(scene.seen == "300" && scene.count(CAL_OK) == 300)
  }

  @Test func theFirstReportMayStopIt() {
    let scene = Scene()
    scene.onProgress = { _, _ in 1 }
    expect(scene.observe(), CAL_ERR_CANCELLED, "0 of 300")
    #expect(scene.dones == [0])
    #expect(scene.seen == "0" && scene.count(CAL_ERR_CANCELLED) == 300)
  }

  @Test(arguments: [UInt64(0), Scene.part], [false, true])
  func eitherHandleCancelsIt(at place: UInt64, byUpdater: Bool) {
    let scene = Scene()
    scene.onProgress = { scene, done in
      guard done == place else { return 0 }
      let status =
        byUpdater ? cal_updater_cancel(scene.updater) : cal_session_cancel(scene.session.handle)
      return status
    }
    expect(scene.observe(), CAL_ERR_CANCELLED, "\(place) of 300")
    #expect(scene.seen == "\(place)")
    #expect(scene.count(CAL_OK) == place && scene.count(CAL_ERR_CANCELLED) == 300 - Int(place))
    scene.onProgress = { _, _ in 0 }
    expect(scene.observe(), CAL_OK)
  }

  @Test func noOtherCallComesBetween() {
    let scene = Scene()
    scene.onProgress = { scene, _ in
      let answer = Answer()
      var image = scene.images[0]
      var length = 0
      scene.statuses += [
        cal_session_attribute(scene.session.handle, &image, nil, &answer.result),
        cal_updater_commit(scene.updater, nil, nil),
        cal_updater_status(scene.updater, nil, 0, &length),
        cal_updater_observe(
          scene.updater, scene.session.handle, scene.images, Scene.count, nil,
          scene.results.baseAddress),
      ]
      return 0
    }
    expect(scene.observe(), CAL_OK)
    #expect(scene.statuses.count == 12 && scene.statuses.allSatisfy { $0 == CAL_ERR_BUSY })
    #expect(scene.seen == "300" && scene.count(CAL_OK) == 300)
  }

  @Test func whatIsRefusedAsBusyChangesNothing() {
    let scene = Scene()
    var image = scene.images[0]
    var options = scene.options
    options.progress = { user, _, _ in
      let scene = Unmanaged<Scene>.fromOpaque(user!).takeUnretainedValue()
      scene.statuses.append(scene.observe())
      return lastError.contains("cal_session") ? 0 : 1
    }
    let answer = Answer()
    expect(cal_session_attribute(scene.session.handle, &image, &options, &answer.result), CAL_OK)
    #expect(scene.statuses == [cal_status(CAL_ERR_BUSY), cal_status(CAL_ERR_BUSY)])

    scene.statuses = []
    var how = cal_commit_options()
    how.struct_size = UInt32(MemoryLayout<cal_commit_options>.size)
    how.progress_user = options.progress_user
    how.progress = { user, _, _ in
      let scene = Unmanaged<Scene>.fromOpaque(user!).takeUnretainedValue()
      scene.statuses.append(scene.observe())
      return lastError.contains("cal_updater") ? 0 : 1
    }
    expect(cal_updater_preview(scene.updater, &how), CAL_OK)
    #expect(!scene.statuses.isEmpty && scene.statuses.allSatisfy { $0 == CAL_ERR_BUSY })
    #expect(scene.areUntouched && scene.dones.isEmpty && scene.seen == "0")
  }

  @Test(arguments: [false, true]) func digestsAreThereIfTheyAreWanted(isWanted: Bool) {
    let scene = Scene()
    if !isWanted { scene.options.flags = UInt32(CAL_ATTRIBUTE_NO_PIXEL_DIGEST) }
    expect(scene.observe(), CAL_OK)
    for result in scene.results {
      let digest = withUnsafeBytes(of: result.pixels_sha256) { Array($0) }
      #expect(digest.contains { $0 != 0 } == isWanted)
    }
    #expect(scene.seen == "300")
  }
}
