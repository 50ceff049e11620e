import CALImage
import CALTestSupport
import Foundation
import Testing

@Suite struct ResizeTests {
  /// Tests/Fixtures/resize/make_resize_fixtures.py wrote them.
  @Test(arguments: kernelSets)
  func equalsPillowByteForByte(kernels: ResizeKernels) throws {
    var file = try PillowFixtures()
    let count = file.number()
    #expect(count == 70)
    for number in 0..<count {
      let fixture = try file.fixture()
      var preprocessor = plainPreprocessor(size: fixture.size, kernels: kernels)
      let bytes = fixture.picture.bytes(fixture.format, padding: fixture.padding)
      let result = preprocessor.resized(
        bytes.span.bytes, try fixture.picture.layout(fixture.format, padding: fixture.padding),
        try fixture.crop())
      let equal = result == fixture.expected
      #expect(equal, "case \(number)")
    }
    #expect(file.isAtEnd)
  }

  @Test(arguments: kernelSets)
  func equalsThePlainStatement(kernels: ResizeKernels) throws {
    var random = Chance(seed: 1)
    for seed in 0..<60 {
      let picture = Picture.noise(
        .random(in: 1...90, using: &random), .random(in: 1...90, using: &random), seed: seed,
        grey: seed % 5 == 4)
      let format = allFormats[seed % 5]
      let (x, y) = (
        Int.random(in: 0..<picture.width, using: &random),
        Int.random(in: 0..<picture.height, using: &random)
      )
      let width = Int.random(in: 1...picture.width - x, using: &random)
      let height = Int.random(in: 1...picture.height - y, using: &random)
      let layout = try picture.layout(format)
      let crop = try Crop(
        face: Float(x), Float(y), Float(width), Float(height), margin: 1, in: layout)
      let size = Int.random(in: 1...70, using: &random)

      var preprocessor = plainPreprocessor(size: size, kernels: kernels)
      let result = preprocessor.resized(picture.bytes(format).span.bytes, layout, crop)
      let expected = referenceResize(
        picture, x: x, y: y, width: width, height: height,
        to: ResizeTarget(width: size, height: size, isMirrored: false))
      let equal = result == expected
      #expect(equal, "seed \(seed): \(width) x \(height) to \(size), \(format)")
    }
  }

  /// White stays white: rounded weights that sum to more than 1 are clipped.
  @Test(arguments: kernelSets)
  func whiteStaysWhite(kernels: ResizeKernels) throws {
    var preprocessors = [1, 11, 64].map { plainPreprocessor(size: $0, kernels: kernels) }
    for (width, height) in [(1, 1), (3, 7), (255, 257), (32768, 2), (2, 32768)] {
      let picture = Picture(width: width, height: height) { _, _, _ in 255 }
      for format in [PixelFormat.rgb8, .rgba8, .gray8] {
        let bytes = picture.bytes(format)
        let layout = try picture.layout(format)
        for i in preprocessors.indices {
          let result = preprocessors[i].resized(bytes.span.bytes, layout, Crop(whole: layout))
          #expect(result.allSatisfy { $0 == 255 }, "\(width) x \(height) \(format)")
        }
      }
    }
  }
}

/// Reads pillow_bilinear.bin from its beginning.
private struct PillowFixtures {
  private let bytes: [UInt8]
  private var position = 0

  var isAtEnd: Bool { position == bytes.count }

  init() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    let path = folder.appendingPathComponent("../Fixtures/resize/pillow_bilinear.bin")
    bytes = [UInt8](try Data(contentsOf: path))
  }

  mutating func number() -> Int {
    defer { position += 4 }
    return (0..<4).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
  }

  mutating func fixture() throws -> PillowFixture {
    let (kind, seed) = (number(), number())
    let format = try #require(PixelFormat(rawValue: Int32(number())))
    let (width, height) = (number(), number())
    let padding = number()
    let box = (number(), number(), number(), number())
    let size = number()
    let expected = Array(bytes[position..<position + 3 * size * size])
    position += expected.count
    let picture = Picture(width: width, height: height) { x, y, colour in
      let colour = format == .gray8 ? 0 : colour
      let noise = noiseByte(x, y, colour, seed: seed)
      return switch kind {
      case 0: noise
      case 1: noise < 128 ? 0 : 255
      default: UInt8(truncatingIfNeeded: x * 7 + y * 3 + colour * 50 + seed)
      }
    }
    return PillowFixture(
      picture: picture, format: format, padding: padding, box: box, size: size,
      expected: expected)
  }
}

private struct PillowFixture {
  let picture: Picture
  let format: PixelFormat
  let padding: Int
  let box: (x: Int, y: Int, width: Int, height: Int)
  let size: Int
  let expected: [UInt8]

  func crop() throws -> Crop {
    try Crop(
      face: Float(box.x), Float(box.y), Float(box.width), Float(box.height), margin: 1,
      in: picture.layout(format, padding: padding))
  }
}
