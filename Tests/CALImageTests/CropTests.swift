import CALImage
import CALTestSupport
import Testing

@Suite struct CropTests {
  private let layout: ImageLayout

  init() throws {
    layout = try ImageLayout(format: 5, width: 200, height: 100, stride: 0, size: 20000)
  }

  private func box(_ x: Float, _ y: Float, _ width: Float, _ height: Float, margin: Float = 1)
    throws(ImageError) -> [Int]
  {
    let crop = try Crop(face: x, y, width, height, margin: margin, in: layout)
    return [crop.x, crop.y, crop.width, crop.height]
  }

  @Test func wholeImage() {
    let crop = Crop(whole: layout)
    #expect([crop.x, crop.y, crop.width, crop.height] == [0, 0, 200, 100])
  }

  @Test func marginOneIsTheBoxAsGiven() throws {
    #expect(try box(3, 5, 7, 11) == [3, 5, 7, 11])
    #expect(try box(0, 0, 200, 100) == [0, 0, 200, 100])
    #expect(try box(199, 99, 1, 1) == [199, 99, 1, 1])
  }

  @Test func growsAboutTheCentreAndIsClipped() throws {
    #expect(try box(50, 40, 40, 20, margin: 1.5) == [40, 35, 60, 30])
    #expect(try box(10, 10, 40, 20, margin: 2) == [0, 0, 70, 40])
    #expect(try box(180, 90, 30, 30, margin: 10) == [45, 0, 155, 100])
    #expect(try box(-10, -10, 20, 20) == [0, 0, 10, 10])
  }

  @Test func takesEveryPixelThatAFractionTouches() throws {
    #expect(try box(3.5, 5.25, 2, 1) == [3, 5, 3, 2])
    #expect(try box(3.75, 5, 0.125, 0.5) == [3, 5, 1, 1])
    #expect(try box(-0.5, -0.5, 1, 1) == [0, 0, 1, 1])
    #expect(try box(199.5, 99.5, 40, 40) == [199, 99, 1, 1])
  }

  @Test func shrinksBelowOne() throws {
    #expect(try box(50, 40, 40, 20, margin: 0.5) == [60, 45, 20, 10])
    #expect(try box(50, 40, 40, 20, margin: 0.000001) == [69, 49, 2, 2])
  }

  /// The cropper of the published training code, which computes with 1.2 in double precision:
  /// a side of 10 grows by int(0.99999999999999978), that is not at all.
  @Test func equalsThePublishedRuleForWholePixels() throws {
    var random = Chance(seed: 4)
    func published(_ start: Int, _ end: Int, limit: Int) -> [Int] {
      let growth = Int(Double(end - start) * (1.2 - 1) / 2)
      let lower = max(0, start - growth)
      return [lower, min(limit, end + growth) - lower]
    }
    #expect(try box(50, 40, 10, 20, margin: 1.2) == [50, 39, 10, 22])
    for _ in 0..<2000 {
      let (x, y) = (
        Int.random(in: -20..<200, using: &random), Int.random(in: -20..<100, using: &random)
      )
      let (width, height) = (
        Int.random(in: 21...240, using: &random), Int.random(in: 21...240, using: &random)
      )
      let across = published(x, x + width, limit: 200)
      let down = published(y, y + height, limit: 100)
      let crop = try box(Float(x), Float(y), Float(width), Float(height), margin: 1.2)
      #expect(crop == [across[0], down[0], across[1], down[1]])
    }
  }

  private static let empty: [[Float]] = [
    [0, 0, 0, 5], [0, 0, 5, 0], [0, 0, -1, 5], [0, 0, 5, -1], [5, 5, 1e-30, 5],
    [200, 0, 5, 5], [0, 100, 5, 5], [-5, 0, 5, 5], [0, -5, 5, 5], [1e30, 0, 5, 5],
    [0, -1e30, 5, 5],
    [.infinity, 0, 5, 5], [0, -.infinity, 5, 5], [0, 0, .infinity, 5], [0, 0, 5, .infinity],
  ]

  @Test(arguments: empty)
  func rejectsBoxesWithoutPixels(values: [Float]) {
    let error = #expect(throws: ImageError.self) {
      try box(values[0], values[1], values[2], values[3], margin: 1.2)
    }
    #expect(error == .box(x: values[0], y: values[1], width: values[2], height: values[3]))
    #expect(error?.description.contains("width \(values[2]), height \(values[3])") == true)
  }

  @Test(arguments: 0..<4) func rejectsBoxesThatAreNoNumbers(field: Int) {
    var values: [Float] = [1, 1, 5, 5]
    values[field] = .nan
    let error = #expect(throws: ImageError.self) {
      try box(values[0], values[1], values[2], values[3])
    }
    #expect(error?.description.contains("nan") == true)
    guard case .box = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  /// Inside as given, shrunk to what lies outside.
  @Test func rejectsBoxesThatShrinkOutside() {
    #expect(throws: ImageError.box(x: -10, y: 0, width: 11, height: 5)) {
      try box(-10, 0, 11, 5, margin: 0.1)
    }
  }

  @Test func hugeBoxesAreClipped() throws {
    let most = Float.greatestFiniteMagnitude
    #expect(try box(-most / 2, -most / 2, most, most, margin: 10) == [0, 0, 200, 100])
    #expect(try box(-1e30, 50, 2e30, 10, margin: 10) == [0, 5, 200, 95])
  }

  @Test(
    arguments: [Float](
      [0, -1, 1e-7, 10.001, .infinity, -.infinity, .greatestFiniteMagnitude]))
  func rejectsMarginsOutOfRange(margin: Float) {
    let error = #expect(throws: ImageError.self) { try box(1, 1, 5, 5, margin: margin) }
    #expect(error == .margin(margin))
    #expect(error?.description.contains("margin \(margin) ") == true)
  }

  @Test func rejectsAMarginThatIsNoNumber() {
    let error = #expect(throws: ImageError.self) { try box(1, 1, 5, 5, margin: .nan) }
    guard case .margin = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
