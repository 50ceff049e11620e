import CALImage
import Foundation
import Testing

/// Pixels between two pages that must not be touched: a read of one byte outside ends the test
/// run.
@Suite struct GuardPageTests {
  @Test(arguments: kernelSets)
  func readsNoByteOutsideTheBuffer(kernels: ResizeKernels) throws {
    let sides = [(1, 1), (1, 9), (9, 1), (2, 5), (5, 2), (17, 3), (33, 16), (100, 41)]
    for (width, height) in sides {
      let picture = Picture.noise(width, height, seed: width)
      for format in allFormats {
        for padding in [0, 1, 40] {
          try prepareBetweenGuards(picture, format, padding, kernels)
        }
      }
    }
  }

  private func prepareBetweenGuards(
    _ picture: Picture, _ format: PixelFormat, _ padding: Int, _ kernels: ResizeKernels
  ) throws {
    let layout = try picture.layout(format, padding: padding)
    let bytes = picture.bytes(format, padding: padding)
    let corner = try Crop(
      face: Float(picture.width / 2), Float(picture.height / 2), 200, 200, margin: 1, in: layout)
    for crop in [Crop(whole: layout), corner] {
      for size in [1, 8, 21] {
        var preprocessor = plainPreprocessor(size: size, kernels: kernels)
        let expected = preprocessor.prepared(bytes.span.bytes, layout, crop)
        let mirrored = preprocessor.prepared(bytes.span.bytes, layout, crop, isMirrored: true)
        try withGuardPages(bytes) { pixels in
          #expect(preprocessor.prepared(pixels, layout, crop) == expected)
          #expect(preprocessor.prepared(pixels, layout, crop, isMirrored: true) == mirrored)
          var rows = RGBRows()
          var fed = 0
          rows.feed(pixels, layout) { fed += $0.byteCount }
          #expect(fed == 3 * picture.width * picture.height)
        }
      }
    }
  }
}

/// Calls `body` with a copy of the bytes that ends right before a guard page, and with one that
/// starts right behind another.
private func withGuardPages(_ bytes: [UInt8], _ body: (RawSpan) -> Void) throws {
  let page = Int(sysconf(Int32(_SC_PAGESIZE)))
  let room = (bytes.count + page - 1) / page * page
  let mapped = mmap(
    nil, room + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
  let base = try #require(mapped != MAP_FAILED ? mapped : nil)
  defer { munmap(base, room + 2 * page) }
  #expect(mprotect(base, page, PROT_NONE) == 0)
  #expect(mprotect(base + page + room, page, PROT_NONE) == 0)

  for offset in [page, page + room - bytes.count] {
    let place = UnsafeMutableRawBufferPointer(start: base + offset, count: bytes.count)
    place.copyBytes(from: bytes)
    body(UnsafeRawBufferPointer(place).bytes)
  }
}
