import CALImage
import CALTestSupport
import Testing

@Suite struct PreprocessorTests {
  /// torchvision: v / 255, minus mean, divided by deviation, each rounded to Float.
  @Test func normalisesEveryByteExactly() throws {
    let mean: [Float] = [0.485, 0.456, 0.406]
    let deviation: [Float] = [0.229, 0.224, 0.225]
    let picture = Picture(width: 16, height: 16) { x, y, colour in
      UInt8(truncatingIfNeeded: 16 * y + x + 85 * colour)
    }
    var preprocessor = Preprocessor(size: 16, mean: mean, deviation: deviation)
    let layout = try picture.layout(.rgb8)
    let input = preprocessor.prepared(
      picture.bytes(.rgb8).span.bytes, layout, Crop(whole: layout))
    for (i, byte) in picture.rgb.enumerated() {
      let expected = (Float(byte) / 255 - mean[i % 3]) / deviation[i % 3]
      #expect(input[i % 3 * 256 + i / 3] == expected)
    }
  }

  @Test(arguments: kernelSets)
  func everyFormatAndStrideGivesTheSameBits(kernels: ResizeKernels) throws {
    for (width, height) in [(1, 1), (5, 3), (31, 47), (64, 64), (130, 70)] {
      let picture = Picture.noise(width, height, seed: width, grey: true)
      let face = { layout in
        try Crop(face: 0.2, 0.4, Float(width) / 2, Float(height), margin: 1, in: layout)
      }
      var results: [[Float]] = []
      for format in allFormats {
        for padding in [0, 1, 13, 64] {
          let layout = try picture.layout(format, padding: padding)
          let bytes = picture.bytes(format, padding: padding)
          var preprocessor = Preprocessor(
            size: 24, mean: [0.5, 0.4, 0.3], deviation: [0.1, 0.2, 0.3], kernels: kernels)
          results.append(preprocessor.prepared(bytes.span.bytes, layout, try face(layout)))
        }
      }
      #expect(results.allSatisfy { $0 == results[0] }, "\(width) x \(height)")
    }
  }

  @Test func colourFormatsDifferOnlyInOrder() throws {
    let picture = Picture.noise(37, 23, seed: 5)
    var results: [[Float]] = []
    for format in allFormats where format != .gray8 {
      var preprocessor = plainPreprocessor(size: 20)
      let layout = try picture.layout(format)
      results.append(
        preprocessor.prepared(picture.bytes(format).span.bytes, layout, Crop(whole: layout)))
    }
    #expect(results.allSatisfy { $0 == results[0] })
    #expect(results[0][0..<400] != results[0][400..<800])
  }

  /// One preprocessor for images of all sizes: nothing of one is left in the next.
  @Test func oneForManyEqualsOneForEach() throws {
    var shared = plainPreprocessor(size: 33)
    var random = Chance(seed: 3)
    for seed in 0..<60 {
      let picture = Picture.noise(
        .random(in: 1...120, using: &random), .random(in: 1...120, using: &random), seed: seed)
      let format = allFormats[seed % 5]
      let layout = try picture.layout(format)
      let bytes = picture.bytes(format)
      var fresh = plainPreprocessor(size: 33)
      #expect(
        shared.prepared(bytes.span.bytes, layout, Crop(whole: layout))
          == fresh.prepared(bytes.span.bytes, layout, Crop(whole: layout)))
    }
  }

  @Test func unalignedPixelsAreFine() throws {
    let picture = Picture.noise(29, 19, seed: 8)
    let layout = try picture.layout(.rgba8)
    let bytes = picture.bytes(.rgba8)
    var preprocessor = plainPreprocessor(size: 16)
    let expected = preprocessor.prepared(bytes.span.bytes, layout, Crop(whole: layout))
    for shift in 1..<16 {
      let moved = [UInt8](repeating: 0xAA, count: shift) + bytes
      let pixels = moved.span.bytes.extracting(droppingFirst: shift)
      #expect(preprocessor.prepared(pixels, layout, Crop(whole: layout)) == expected)
    }
  }

  @Test func writesNothingBehindTheThreePlanes() throws {
    let picture = Picture.noise(9, 9, seed: 1)
    let layout = try picture.layout(.bgr8)
    var preprocessor = plainPreprocessor(size: 6)
    var input = [Float](repeating: -7, count: 3 * 36 + 5)
    var span = input.mutableSpan
    let bytes = picture.bytes(.bgr8)
    preprocessor.prepare(bytes.span.bytes, layout, crop: Crop(whole: layout), into: &span)
    #expect(input[..<108].allSatisfy { $0 >= 0 && $0 <= 1 })
    #expect(input[108...].allSatisfy { $0 == -7 })
  }
}
