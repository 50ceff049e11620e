import CALImage
import Foundation
import Testing

@testable import CALTraining

/// What chance decides for the views.
@Suite struct ViewChoiceTests {
  private let crop: Crop

  /// A crop that does not begin at the picture's first pixel.
  init() throws {
    let layout = try ImageLayout(format: 5, width: 700, height: 500, stride: 0, size: 350_000)
    crop = Crop(whole: layout).part(x: 50, y: 30, width: 600, height: 450)
  }

  private func strong(
    _ count: Int, _ settings: ViewSettings = .paper, of crop: Crop? = nil
  ) -> [StrongView] {
    (0..<count).map { draw in
      StrongView.draw(settings, of: crop ?? self.crop, seed: 9, epoch: 2, draw: UInt32(draw))
    }
  }

  /// Within five standard deviations of a coin that falls so `of` times of `all`.
  private func isFair(_ hits: Int, of all: Int, _ probability: Double) -> Bool {
    let deviation = (Double(all) * probability * (1 - probability)).squareRoot()
    return abs(Double(hits) - Double(all) * probability) < 5 * deviation
  }

  @Test func publishedShares() {
    let count = 20_000
    let views = strong(count)
    let weak = (0..<count).count { draw in
      WeakView.draw(.paper, seed: 9, epoch: 2, draw: UInt32(draw)).isMirrored
    }
    #expect(isFair(weak, of: count, 0.5))
    #expect(isFair(views.count { $0.isMirrored }, of: count, 0.5))
    #expect(isFair(views.count { $0.part != nil }, of: count, 0.2))
    #expect(isFair(views.count { $0.jitter != nil }, of: count, 0.2))
    // 64 of 100 strong views carry neither: the choices are independent.
    #expect(isFair(views.count { $0.part == nil && $0.jitter == nil }, of: count, 0.64))
    #expect(isFair(views.count { $0.part != nil && $0.isMirrored }, of: count, 0.1))
    let jitters = views.compactMap(\.jitter)
    #expect(isFair(jitters.count { $0.isContrastFirst }, of: jitters.count, 0.5))
    for jitter in jitters {
      #expect(abs(jitter.brightness - 1) <= 0.4 && abs(jitter.contrast - 1) <= 0.4)
    }
    #expect(isFair(jitters.count { $0.brightness < 0.8 }, of: jitters.count, 0.25))
    #expect(isFair(jitters.count { $0.contrast > 1.2 }, of: jitters.count, 0.25))
    // One factor does not tell of the other.
    let both = jitters.count { $0.brightness > 1 && $0.contrast > 1 }
    #expect(isFair(both, of: jitters.count, 0.25))
  }

  /// Area and logarithm of the aspect are uniform as long as every try fits.
  @Test func partsAreUniform() throws {
    var settings = ViewSettings.paper
    settings.cropProbability = 1
    (settings.leastArea, settings.mostArea) = (0.2, 0.6)
    (settings.leastAspect, settings.mostAspect) = (0.8, 1.25)
    let count = 10_000
    let parts = strong(count, settings).compactMap(\.part)
    #expect(parts.count == count)
    var (areas, aspects, lefts, tops) = (0.0, 0.0, 0, 0)
    for part in parts {
      #expect(part.x >= 50 && part.x + part.width <= 650)
      #expect(part.y >= 30 && part.y + part.height <= 480)
      let area = Double(part.width * part.height) / (600 * 450)
      #expect(area > 0.195 && area < 0.605)
      areas += area / Double(count)
      aspects += log(Double(part.width) / Double(part.height)) / Double(count)
      lefts += 2 * (part.x - 50) + part.width < 600 ? 1 : 0
      tops += 2 * (part.y - 30) + part.height < 450 ? 1 : 0
    }
    // Standard errors: 0.4 / sqrt(12 n) and 0.446 / sqrt(12 n), as n is 10 000.
    #expect(abs(areas - 0.4) < 0.006)
    #expect(abs(aspects) < 0.0065)
    // About half lie left of, and above, the centre; those that lie on it count as the others.
    #expect(abs(lefts - count / 2) < 300 && abs(tops - count / 2) < 300)
  }

  /// torchvision's answers where no try can fit.
  @Test func longPicturesShowTheirCentre() throws {
    var settings = ViewSettings.paper
    settings.cropProbability = 1
    let examples = try ViewFixture.read().central
    #expect(examples.count == 9)
    for example in examples {
      let layout = ImageLayout(rgbWidth: example.imageWidth, height: example.imageHeight)
      for view in strong(5, settings, of: Crop(whole: layout)) {
        let part = try #require(view.part)
        let expected = Crop(whole: layout).part(
          x: example.x, y: example.y, width: example.width, height: example.height)
        #expect(part == expected)
      }
    }
  }

  @Test func strengthsCanBeTurnedOff() {
    var settings = ViewSettings.paper
    settings.flipProbability = 0
    settings.cropProbability = 0
    settings.jitterProbability = 0
    #expect(
      strong(50, settings).allSatisfy { !$0.isMirrored && $0.part == nil && $0.jitter == nil })
    settings.jitterProbability = 1
    settings.brightness = 0
    settings.contrast = 0
    #expect(strong(50, settings).allSatisfy { $0.jitter?.brightness == 1 })
    #expect(strong(50, settings).allSatisfy { $0.jitter?.contrast == 1 })
  }

  @Test func aPureFunctionOfSeedEpochAndDraw() {
    var settings = ViewSettings.paper
    settings.cropProbability = 1
    func view(_ seed: UInt64, _ epoch: UInt32, _ draw: UInt32) -> StrongView {
      StrongView.draw(settings, of: crop, seed: seed, epoch: epoch, draw: draw)
    }
    #expect(view(1, 2, 3) == view(1, 2, 3))
    let views = [view(1, 2, 3), view(9, 2, 3), view(1, 9, 3), view(1, 2, 9)]
    for i in 0..<4 { for j in 0..<i { #expect(views[i] != views[j]) } }
  }
}
