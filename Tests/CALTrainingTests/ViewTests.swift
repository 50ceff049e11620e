import CALImage
import CALLearning
import Testing

@testable import CALTraining

private let still = StrongView(isMirrored: false, part: nil, jitter: nil)

@Suite struct ViewTests {
  @Test func equalsTorchvisionByteForByte() throws {
    let fixture = try ViewFixture.read()
    #expect(fixture.views.count == 32)
    #expect(fixture.views.contains { !$0.isStrong && $0.isMirrored })
    #expect(fixture.views.contains { $0.part != nil && $0.isMirrored && !$0.jitter.isEmpty })
    for view in fixture.views {
      let picture = try ViewPicture(view.width, view.height, seed: view.seed)
      var views = try plainViews(size: view.size)
      let found =
        view.isStrong
        ? picture.strong(&views, try view.strongView(of: picture.crop))
        : picture.weak(&views, WeakView(isMirrored: view.isMirrored))
      let equal = interleaved(found) == [UInt8](view.pixels)
      #expect(equal, "\(view.width) x \(view.height) to \(view.size), seed \(view.seed)")
    }
  }

  /// One scratch memory for all: nothing of one image is left in the next.
  @Test func oneForManyEqualsOneForEach() throws {
    var shared = try plainViews(size: 12)
    for number in 0..<60 {
      let (width, height) = (1 + number * 7 % 50, 1 + number * 13 % 40)
      let picture = try ViewPicture(width, height, seed: number)
      let view = StrongView.draw(
        eventful, of: picture.crop, seed: 1, epoch: 0, draw: UInt32(number))
      var fresh = try plainViews(size: 12)
      #expect(picture.strong(&shared, view) == picture.strong(&fresh, view))
      let weak = WeakView(isMirrored: number % 2 == 0)
      #expect(picture.weak(&shared, weak) == picture.weak(&fresh, weak))
    }
  }

  @Test func colourFormatsDifferOnlyInOrder() throws {
    let jitter = ColourJitter(brightness: 1.2, contrast: 0.7, isContrastFirst: true)
    var inputs: [[Float]] = []
    for format in [PixelFormat.rgb8, .bgr8, .rgba8, .bgra8] {
      var views = try plainViews(size: 16)
      let picture = try ViewPicture(23, 31, seed: 3, format)
      let part = picture.crop.part(x: 3, y: 5, width: 11, height: 20)
      inputs.append(
        picture.strong(&views, StrongView(isMirrored: true, part: part, jitter: jitter)))
    }
    #expect(inputs.allSatisfy { $0 == inputs[0] })
  }

  /// Grey stays grey, and is the same as equal red, green and blue.
  @Test func greyPictures() throws {
    let grey = try ViewPicture(20, 10, seed: 5, .gray8)
    let jitter = ColourJitter(brightness: 0.7, contrast: 1.3, isContrastFirst: false)
    var views = try plainViews(size: 9)
    let input = grey.strong(&views, StrongView(isMirrored: true, part: nil, jitter: jitter))
    #expect(Array(input[..<81]) == Array(input[81..<162]))
    #expect(Array(input[..<81]) == Array(input[162...]))
    #expect(Set(input).count > 10)
  }

  @Test func inputsAreNormalised() throws {
    let mean: [Float] = [0.485, 0.456, 0.406]
    let deviation: [Float] = [0.229, 0.224, 0.225]
    let picture = try ViewPicture(30, 20, seed: 2)
    var plain = try plainViews(size: 10)
    var views = try Views(size: 10, mean: mean, deviation: deviation, settings: .paper)
    let weak = WeakView(isMirrored: true)
    for (found, bytes) in [
      (picture.weak(&views, weak), picture.weak(&plain, weak)),
      (picture.strong(&views, still), picture.strong(&plain, still)),
    ] {
      for (i, value) in found.enumerated() {
        #expect(value == (bytes[i] - mean[i / 100]) / deviation[i / 100])
      }
    }
  }

  /// The face box decides what is seen: the same as of a picture that is cut out.
  @Test func faceBoxComesFirst() throws {
    let picture = try ViewPicture(50, 40, seed: 1)
    let face = try Crop(face: 10, 8, 20, 16, margin: 1.5, in: picture.layout)
    #expect([face.x, face.y, face.width, face.height] == [5, 4, 30, 24])
    var views = try plainViews(size: 8)
    for number in UInt32(0)..<20 {
      let view = StrongView.draw(eventful, of: face, seed: 3, epoch: 0, draw: number)
      var input = [Float](repeating: .nan, count: 192)
      var span = input.mutableSpan
      views.prepare(view, of: picture.bytes.span.bytes, picture.layout, crop: face, into: &span)
      let expected = try picture.cut(to: face).strong(&views, view.seen(from: face))
      #expect(input == expected)
    }
  }

  @Test func pixelsOfExtremeShapes() throws {
    for (width, height) in [(1, 1), (1, 300), (300, 1), (2, 1), (4000, 2), (2, 4000)] {
      let picture = try ViewPicture(width, height, seed: 7)
      for size in [1, 5] {
        var views = try plainViews(size: size)
        for number in UInt32(0)..<8 {
          let view = StrongView.draw(
            eventful, of: picture.crop, seed: 4, epoch: 1, draw: number)
          let input = picture.strong(&views, view)
          #expect(input.allSatisfy { $0 >= 0 && $0 <= 1 })
        }
      }
    }
  }

  @Test func brightnessAndContrastByHand() {
    var table = ColourTable()
    func changed(_ rgb: [UInt8], _ brightness: Float, _ contrast: Float) -> [UInt8] {
      var rgb = rgb
      table.apply(
        ColourJitter(brightness: brightness, contrast: contrast, isContrastFirst: false),
        to: &rgb, pixels: rgb.count / 3)
      return rgb
    }
    let picture: [UInt8] = [0, 100, 255, 10, 20, 30]
    #expect(changed(picture, 1, 1) == picture)
    #expect(changed(picture, 0, 1) == [0, 0, 0, 0, 0, 0])
    #expect(changed(picture, 1.4, 1) == [0, 140, 255, 14, 28, 42])
    #expect(changed(picture, 0.55, 1) == [0, 55, 140, 5, 11, 16])
    // Luma: (38470 * 100 + 7471 * 255 + 2^15) / 2^16 = 88.3 and 18.1; mean 53.
    #expect(changed(picture, 1, 0) == [53, 53, 53, 53, 53, 53])
    #expect(changed(picture, 1, 0.5) == [26, 76, 154, 31, 36, 41])
    #expect(changed(picture, 1, 1.4) == [0, 118, 255, 0, 6, 20])
  }

  @Test func badSettingsAreNamed() {
    func refused(
      _ sentence: String, size: Int = 8, mean: [Float] = [0, 0, 0],
      deviation: [Float] = [1, 1, 1], _ change: (inout ViewSettings) -> Void = { _ in }
    ) {
      var settings = ViewSettings.paper
      change(&settings)
      #expect {
        try Views(size: size, mean: mean, deviation: deviation, settings: settings)
      } throws: { error in
        "\(error)" == sentence
      }
    }
    refused("size is 0, not 1 to 2048", size: 0)
    refused("size is 2049, not 1 to 2048", size: 2049)
    refused("number of means is 2, not 3 to 3", mean: [0, 0])
    refused("mean[2] is nan, not -1000.0 to 1000.0", mean: [0, 0, .nan])
    refused("deviation[1] is 0.0, not 1e-06 to 1000.0", deviation: [1, 0, 1])
    refused("flip_probability is 1.5, not 0.0 to 1.0") { $0.flipProbability = 1.5 }
    refused("crop_probability is nan, not 0.0 to 1.0") { $0.cropProbability = .nan }
    refused("most_area is 1.5, not 0.01 to 1.0") { $0.mostArea = 1.5 }
    refused("least_area is 0.9, not 0.01 to 0.8") { ($0.leastArea, $0.mostArea) = (0.9, 0.8) }
    refused("most_aspect is 0.0, not 0.1 to 10.0") { $0.mostAspect = 0 }
    refused("least_aspect is 2.0, not 0.1 to 1.5") { ($0.leastAspect, $0.mostAspect) = (2, 1.5) }
    refused("enlargement is 0.5, not 1.0 to 2.0") { $0.enlargement = 0.5 }
    refused("jitter_probability is -1.0, not 0.0 to 1.0") { $0.jitterProbability = -1 }
    refused("brightness is 1.1, not 0.0 to 1.0") { $0.brightness = 1.1 }
    refused("contrast is inf, not 0.0 to 1.0") { $0.contrast = .infinity }
  }
}

extension StrongView {
  /// The same of the picture that `crop` is cut out as.
  fileprivate func seen(from crop: Crop) -> StrongView {
    let whole = Crop(whole: ImageLayout(rgbWidth: crop.width, height: crop.height))
    let part = part.map {
      whole.part(x: $0.x - crop.x, y: $0.y - crop.y, width: $0.width, height: $0.height)
    }
    return StrongView(isMirrored: isMirrored, part: part, jitter: jitter)
  }
}

/// Views with every change there is, often.
private let eventful = {
  var settings = ViewSettings.paper
  settings.cropProbability = 0.7
  settings.jitterProbability = 0.7
  settings.leastArea = 0.1
  return settings
}()
