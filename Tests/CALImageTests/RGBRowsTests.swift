import CALImage
import Testing

@Suite struct RGBRowsTests {
  @Test func everyFormatFeedsTheSameBytes() throws {
    var rows = RGBRows()
    for (width, height) in [(1, 1), (1, 6), (6, 1), (35, 12), (64, 3), (32768, 2)] {
      let colour = Picture.noise(width, height, seed: 2)
      let grey = Picture.noise(width, height, seed: 2, grey: true)
      for format in allFormats {
        let picture = format == .gray8 ? grey : colour
        for padding in [0, 1, 20] {
          let bytes = picture.bytes(format, padding: padding)
          var fed: [UInt8] = []
          rows.feed(bytes.span.bytes, try picture.layout(format, padding: padding)) { chunk in
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
      var rows = RGBRows()
      var offsets: [Int] = []
      bytes.withUnsafeBytes { buffer in
        rows.feed(buffer.bytes, layout) { chunk in
          chunk.withUnsafeBytes { offsets.append($0.baseAddress! - buffer.baseAddress!) }
        }
      }
      #expect(offsets == (0..<chunks).map { $0 * layout.stride })
    }
  }
}
