import CALImage
import Testing

@Suite struct ImageLayoutTests {
  private func layout(
    format: Int32 = 1, width: UInt32 = 4, height: UInt32 = 3, stride: UInt64 = 0,
    size: UInt64 = 1 << 40
  ) throws(ImageError) -> ImageLayout {
    try ImageLayout(format: format, width: width, height: height, stride: stride, size: size)
  }

  /// What `layout` throws, checked to say `part`.
  private func expectError(
    _ expected: ImageError, saying part: String, from make: () throws(ImageError) -> ImageLayout
  ) {
    let error = #expect(throws: ImageError.self) { _ = try make() }
    #expect(error == expected)
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
  }

  @Test func packsRowsWithoutAStride() throws {
    for (format, channels) in zip(Int32(1)..., [3, 3, 4, 4, 1]) {
      let packed = try layout(format: format, size: UInt64(12 * channels))
      #expect(packed.format.channels == channels)
      #expect(packed.stride == 4 * channels)
      #expect(packed.byteCount == 12 * channels)
      #expect(try packed == layout(format: format, stride: UInt64(4 * channels)))
    }
  }

  @Test func theLastRowNeedsNoPadding() throws {
    #expect(try layout(stride: 20, size: 52).byteCount == 52)
    expectError(
      .buffer(size: 51, stride: 20, rows: 3, rowBytes: 12), saying: "51 bytes is too small"
    ) { () throws(ImageError) in try layout(stride: 20, size: 51) }
    expectError(.buffer(size: 0, stride: 12, rows: 3, rowBytes: 12), saying: "0 bytes") {
      () throws(ImageError) in try layout(size: 0)
    }
  }

  @Test(arguments: [Int32.min, -1, 0, 6, 99, .max])
  func rejectsUnknownFormats(number: Int32) {
    expectError(.format(number), saying: "\(number)") { () throws(ImageError) in
      try layout(format: number)
    }
  }

  @Test func rejectsSidesOutOfRange() throws {
    for side: UInt32 in [0, 32769, .max] {
      expectError(.size(width: side, height: 3), saying: "width \(side)") {
        () throws(ImageError) in try layout(width: side)
      }
      expectError(.size(width: 4, height: side), saying: "height \(side)") {
        () throws(ImageError) in try layout(height: side)
      }
    }
    #expect(try layout(width: 32768, height: 8192).width == 32768)
    #expect(try layout(width: 8192, height: 32768).height == 32768)
    expectError(.size(width: 32768, height: 8193), saying: "32768 x 8193") {
      () throws(ImageError) in try layout(width: 32768, height: 8193)
    }
  }

  @Test func rejectsAStrideBelowTheRow() throws {
    for stride: UInt64 in [1, 11] {
      expectError(.stride(stride, rowBytes: 12), saying: "stride \(stride)") {
        () throws(ImageError) in try layout(stride: stride)
      }
    }
    expectError(.stride(15, rowBytes: 16), saying: "16 bytes") { () throws(ImageError) in
      try layout(format: 4, stride: 15)
    }
  }

  /// Products and sums that do not fit 64 bits, or only unsigned ones.
  @Test(arguments: [1 << 62, 1 << 63, .max / 2, .max - 12, .max] as [UInt64])
  func rejectsStridesThatOverflow(stride: UInt64) {
    expectError(
      .buffer(size: .max, stride: stride, rows: 3, rowBytes: 12), saying: "stride \(stride)"
    ) { () throws(ImageError) in try layout(stride: stride, size: .max) }
  }

  @Test func oneRowMayHaveAnyStride() throws {
    let row = try layout(height: 1, stride: .max, size: 12)
    #expect(row.stride == 12)
    #expect(row.byteCount == 12)
  }

  @Test func aBufferMayClaimAnySize() throws {
    #expect(try layout(size: .max).byteCount == 36)
  }
}
