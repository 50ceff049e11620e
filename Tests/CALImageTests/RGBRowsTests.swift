import CALImage
import Testing

@Suite struct RGBRowsTests {
  @Test func everyFormatFeedsTheSameBytes() throws {
    for (width, height) in [(1, 1), (1, 6), (6, 1), (35, 12), (64, 3)] {
      let colour = Picture.noise(width, height, seed: 2)
      let grey = Picture.noise(width, height, seed: 2, grey: true)
      for format in allFormats {
        let picture = format == .gray8 ? grey : colour
        for padding in [0, 1, 20] {
          let bytes = picture.bytes(format, padding: padding)
          var scratch: [UInt8] = []
          var fed: [UInt8] = []
          feedRGBRows(
            bytes.span.bytes, try picture.layout(format, padding: padding), scratch: &scratch
          ) { chunk in
            chunk.withUnsafeBytes { fed += $0 }
          }
          #expect(fed == picture.rgb, "\(width) x \(height) \(format) padding \(padding)")
        }
      }
    }
  }

  @Test func handsOverRGBInPlace() throws {
    let picture = Picture.noise(10, 4, seed: 3)
    for (padding, chunks) in [(0, 1), (5, 4)] {
      let bytes = picture.bytes(.rgb8, padding: padding)
      let layout = try picture.layout(.rgb8, padding: padding)
      var scratch: [UInt8] = []
      var offsets: [Int] = []
      bytes.withUnsafeBytes { buffer in
        feedRGBRows(buffer.bytes, layout, scratch: &scratch) { chunk in
          chunk.withUnsafeBytes { offsets.append($0.baseAddress! - buffer.baseAddress!) }
        }
      }
      #expect(offsets == (0..<chunks).map { $0 * layout.stride })
      #expect(scratch.isEmpty)
    }
  }

  @Test func usesScratchThatIsLargeEnough() throws {
    let picture = Picture.noise(10, 4, seed: 3)
    let bytes = picture.bytes(.bgra8)
    var scratch = [UInt8](repeating: 0, count: 30)
    let before = scratch.withUnsafeBytes { $0.baseAddress }
    feedRGBRows(bytes.span.bytes, try picture.layout(.bgra8), scratch: &scratch) { _ in }
    #expect(scratch.withUnsafeBytes { $0.baseAddress } == before)
    #expect(scratch.count == 30)
  }
}
