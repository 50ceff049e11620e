import CALImage
import CALTestSupport
import Testing

@Suite struct RGBResizerTests {
  private func resized(
    _ resizer: inout RGBResizer, _ picture: Picture, _ format: PixelFormat, _ crop: Crop,
    to target: ResizeTarget
  ) throws -> [UInt8] {
    let bytes = picture.bytes(format, padding: 3)
    let layout = try picture.layout(format, padding: 3)
    var rgb: [UInt8] = []
    resizer.resize(bytes.span.bytes, layout, crop: crop, to: target, into: &rgb)
    #expect(rgb.count == 3 * target.width * target.height)
    return rgb
  }

  /// Any shape, as it is and flipped, all by one resizer.
  @Test(arguments: kernelSets)
  func equalsThePlainStatement(kernels: ResizeKernels) throws {
    var resizer = RGBResizer(widths: 1...70, heights: 1...60, kernels: kernels)
    var random = Chance(seed: 11)
    for seed in 0..<120 {
      let format = allFormats[seed % 5]
      let picture = Picture.noise(
        .random(in: 1...90, using: &random), .random(in: 1...90, using: &random), seed: seed,
        grey: format == .gray8)
      let target = ResizeTarget(
        width: .random(in: 1...70, using: &random), height: .random(in: 1...60, using: &random),
        isMirrored: seed % 2 == 1)
      let whole = Crop(whole: try picture.layout(format))
      let crop = whole.part(
        x: .random(in: 0..<picture.width, using: &random),
        y: .random(in: 0..<picture.height, using: &random),
        width: .random(in: 1...90, using: &random), height: .random(in: 1...90, using: &random))
      let result = try resized(&resizer, picture, format, crop, to: target)
      let expected = referenceResize(
        picture, x: crop.x, y: crop.y, width: crop.width, height: crop.height, to: target)
      let equal = result == expected
      #expect(equal, "seed \(seed): \(crop) to \(target), \(format)")
    }
  }

  /// The size that the picture has: nothing is resized, but it can be flipped.
  @Test(arguments: kernelSets)
  func sameSize(kernels: ResizeKernels) throws {
    for (width, height) in [(1, 1), (1, 7), (7, 1), (16, 16), (33, 20)] {
      var resizer = RGBResizer(
        widths: width...width, heights: height...height, kernels: kernels)
      for format in allFormats {
        let picture = Picture.noise(width, height, seed: width, grey: format == .gray8)
        let crop = Crop(whole: try picture.layout(format))
        let plain = try resized(
          &resizer, picture, format, crop,
          to: .init(width: width, height: height, isMirrored: false))
        #expect(plain == picture.rgb)
        let mirrored = try resized(
          &resizer, picture, format, crop,
          to: .init(width: width, height: height, isMirrored: true))
        let flipped = Picture(width: width, height: height) { x, y, colour in
          picture.rgb[3 * (y * width + width - 1 - x) + colour]
        }
        #expect(mirrored == flipped.rgb)
      }
    }
  }

  /// Extreme shapes of source and result.
  @Test func extremeShapes() throws {
    var resizer = RGBResizer(widths: 1...400, heights: 1...400)
    for (width, height) in [(4099, 2), (2, 4099), (1, 1), (500, 3)] {
      let picture = Picture.noise(width, height, seed: 4)
      let crop = Crop(whole: try picture.layout(.bgra8))
      for (toWidth, toHeight) in [(400, 1), (1, 400), (1, 1), (399, 7), (7, 399)] {
        for isMirrored in [false, true] {
          let target = ResizeTarget(width: toWidth, height: toHeight, isMirrored: isMirrored)
          let result = try resized(&resizer, picture, .bgra8, crop, to: target)
          let expected = referenceResize(
            picture, x: 0, y: 0, width: width, height: height, to: target)
          let equal = result == expected
          #expect(equal, "\(width) x \(height) to \(target)")
        }
      }
    }
  }

  @Test func partsOfACropStayWithinIt() throws {
    let layout = try ImageLayout(format: 1, width: 40, height: 30, stride: 0, size: 3600)
    let crop = Crop(whole: layout).part(x: 5, y: 6, width: 20, height: 10)
    func part(_ x: Int, _ y: Int, _ width: Int, _ height: Int) -> [Int] {
      let part = crop.part(x: x, y: y, width: width, height: height)
      return [part.x, part.y, part.width, part.height]
    }
    #expect(part(0, 0, 20, 10) == [5, 6, 20, 10])
    #expect(part(3, 4, 5, 6) == [8, 10, 5, 6])
    #expect(part(19, 9, 9, 9) == [24, 15, 1, 1])
    #expect(part(-3, 40, 0, -1) == [5, 15, 1, 1])
    #expect(part(.min, .max, .max, .max) == [5, 15, 20, 1])
  }
}
