import CCal
import Testing

@Suite struct EvidenceTests {
  static let positions = Fixture.spec.mapSize * Fixture.spec.mapSize
  private let picture = Picture(61, 47, seed: 2)

  private func evidence(
    _ session: TestSession, _ id: UInt64, _ image: cal_image
  ) -> (map: [Float], logit: Float) {
    var image = image
    var map = [Float](repeating: -77, count: EvidenceTests.positions + 1)
    var logit: Float = -77
    expect(
      cal_session_evidence(session.handle, &image, id, &map, map.count, &logit), CAL_OK)
    #expect(map.removeLast() == -77)
    return (map, logit)
  }

  @Test(arguments: [(UInt32(1), 0), (2, 0), (1, 1), (1, 9)], ["none", "unit", "statistics"])
  func theMapSumsToTheLogit(_ how: (threads: UInt32, kernels: Int), neck: String) {
    let session = TestSession(
      threads: how.threads, kernels: how.kernels,
      bytes: ["unit": Fixture.unit, "statistics": Fixture.statistics][neck] ?? Fixture.bytes)
    let scores = session.attribute(picture.image).scores
    for id in Fixture.inUse {
      let (map, logit) = evidence(session, id, picture.image)
      #expect(scores.first { $0.id == id }?.logit == logit)
      let sum = map.reduce(0.0) { $0 + Double($1) }
      #expect(abs(sum - Double(logit)) <= 1e-4 * Double(abs(logit)), "\(sum) and \(logit)")
      #expect(Set(map).count > map.count / 2, "a flat map would say nothing")
    }
  }

  /// A patch that differs moves the evidence under it more than elsewhere.
  /// With statistics everywhere else it changes too, as means and length do.
  @Test(arguments: [false, true])
  func evidenceSitsWhereThePictureDiffers(statistics: Bool) {
    let session = TestSession(bytes: statistics ? Fixture.statistics : Fixture.bytes)
    let flat = Picture(40, 40) { _, _ in (128, 128, 128) }
    let patched = Picture(40, 40) { x, y in
      x >= 30 && y >= 30 ? (UInt8(25 * (x % 10)), UInt8(25 * (y % 10)), 255) : (128, 128, 128)
    }
    let side = Fixture.spec.mapSize
    let before = evidence(session, 7, flat.image).map
    let after = evidence(session, 7, patched.image).map
    let change = zip(before, after).map { abs($0 - $1) }
    let corner = change[side * side - 1] + change[side * side - 2] + change[side * (side - 1) - 1]
    let opposite = change[0] + change[1] + change[side]
    #expect(corner > (statistics ? 1.2 : 2) * opposite)
  }

  @Test func argumentsAreChecked() {
    let session = TestSession()
    let handle = session.handle
    let count = EvidenceTests.positions
    var image = picture.image
    var map = [Float](repeating: -3, count: count)
    expect(cal_session_evidence(handle, &image, 3, &map, count, nil), CAL_OK)
    map = map.map { _ in -3 }
    expect(
      cal_session_evidence(handle, &image, 3, &map, count - 1, nil), CAL_ERR_ARGUMENT,
      "\(count - 1)", "\(count)")
    expect(cal_session_evidence(handle, &image, 3, nil, count, nil), CAL_ERR_ARGUMENT, "map")
    expect(cal_session_evidence(handle, nil, 3, &map, count, nil), CAL_ERR_ARGUMENT, "image")
    expect(cal_session_evidence(handle, &image, 8, &map, count, nil), CAL_ERR_NOT_FOUND, "8")
    expect(
      cal_session_evidence(handle, &image, 5, &map, count, nil), CAL_ERR_NOT_FOUND, "5", "retired")
    #expect(map.allSatisfy { $0 == -3 })
  }
}
