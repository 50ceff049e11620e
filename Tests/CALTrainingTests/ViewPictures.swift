import CALImage
import Foundation
import Testing

@testable import CALTraining

/// A picture in memory, with its crop.
struct ViewPicture {
  let bytes: [UInt8]
  let layout: ImageLayout
  let crop: Crop

  /// The formula of make_view_fixture.py. Grey pictures have the first colour only.
  init(_ width: Int, _ height: Int, seed: Int, _ format: PixelFormat = .rgb8) throws {
    var bytes: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        let colour = { (number: Int) in
          UInt8(truncatingIfNeeded: 7 * x + 3 * y + 50 * number + seed * x * y)
        }
        switch format {
        case .rgb8: bytes += [colour(0), colour(1), colour(2)]
        case .bgr8: bytes += [colour(2), colour(1), colour(0)]
        case .rgba8: bytes += [colour(0), colour(1), colour(2), colour(9)]
        case .bgra8: bytes += [colour(2), colour(1), colour(0), colour(9)]
        case .gray8: bytes += [colour(0)]
        }
      }
    }
    try self.init(bytes, width, height, format)
  }

  private init(_ bytes: [UInt8], _ width: Int, _ height: Int, _ format: PixelFormat) throws {
    self.bytes = bytes
    layout = try ImageLayout(
      format: format.rawValue, width: UInt32(width), height: UInt32(height), stride: 0,
      size: UInt64(bytes.count))
    crop = Crop(whole: layout)
  }

  /// Those pixels as a picture of their own.
  func cut(to crop: Crop) throws -> ViewPicture {
    let step = layout.format.channels
    var rows: [UInt8] = []
    for y in crop.y..<crop.y + crop.height {
      let first = y * layout.stride + crop.x * step
      rows += bytes[first..<first + crop.width * step]
    }
    return try ViewPicture(rows, crop.width, crop.height, layout.format)
  }

  func weak(_ views: inout Views, _ view: WeakView) -> [Float] {
    var input = [Float](repeating: .nan, count: 3 * views.size * views.size)
    var span = input.mutableSpan
    views.prepare(view, of: bytes.span.bytes, layout, crop: crop, into: &span)
    return input
  }

  func strong(_ views: inout Views, _ view: StrongView) -> [Float] {
    var input = [Float](repeating: .nan, count: 3 * views.size * views.size)
    var span = input.mutableSpan
    views.prepare(view, of: bytes.span.bytes, layout, crop: crop, into: &span)
    return input
  }
}

/// Views whose values are bytes divided by 255.
func plainViews(size: Int, _ settings: ViewSettings = .paper) throws -> Views {
  try Views(size: size, mean: [0, 0, 0], deviation: [1, 1, 1], settings: settings)
}

/// R, G, B of each pixel of plain views.
func interleaved(_ planes: [Float]) -> [UInt8] {
  let plane = planes.count / 3
  return planes.indices.map { UInt8((planes[$0 % 3 * plane + $0 / 3] * 255).rounded()) }
}

/// views.json, which make_view_fixture.py wrote.
struct ViewFixture: Decodable {
  struct View: Decodable {
    let seed, width, height, size: Int
    let isStrong, isMirrored: Bool
    let part: [Int]?
    let jitter: [Change]
    let pixels: Data
  }
  /// A name and a factor.
  struct Change: Decodable {
    let name: String
    let factor: Float

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      name = try values.decode(String.self)
      factor = try values.decode(Float.self)
    }
  }
  struct Central: Decodable {
    let imageWidth, imageHeight, x, y, width, height: Int
  }
  let views: [View]
  let central: [Central]

  static func read() throws -> ViewFixture {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let path = folder.appending(path: "../Fixtures/training/views.json").standardized
    return try JSONDecoder().decode(ViewFixture.self, from: Data(contentsOf: path))
  }
}

extension ViewFixture.View {
  func strongView(of crop: Crop) throws -> StrongView {
    let part = part.map { crop.part(x: $0[0], y: $0[1], width: $0[2], height: $0[3]) }
    let factors = Dictionary(uniqueKeysWithValues: jitter.map { ($0.name, $0.factor) })
    guard let first = jitter.first else {
      return StrongView(isMirrored: isMirrored, part: part, jitter: nil)
    }
    return StrongView(
      isMirrored: isMirrored, part: part,
      jitter: ColourJitter(
        brightness: try #require(factors["brightness"]),
        contrast: try #require(factors["contrast"]),
        isContrastFirst: first.name == "contrast"))
  }
}
