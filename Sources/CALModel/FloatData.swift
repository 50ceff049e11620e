#if _endian(big)
  #error("Model files are little-endian, and are read and written as memory holds them.")
#endif

/// The f32 values in `range`, whose length is a multiple of 4; it need not be aligned.
func floats(_ bytes: RawSpan, _ range: Range<Int>) -> [Float] {
  let count = range.count / 4
  return [Float](unsafeUninitializedCapacity: count) { target, initialised in
    let raw = UnsafeMutableRawBufferPointer(target)
    bytes.extracting(range).withUnsafeBytes { raw.copyMemory(from: $0) }
    initialised = count
  }
}

/// The first f32 value of `data` that is not finite, or negative where it must not be.
func firstUnusable(_ data: RawSpan, mayBeNegative: Bool) -> (index: Int, value: Float)? {
  data.withUnsafeBytes { data in
    // First for infinities and NaN, whose exponent is all ones: adding one to it carries into
    // the sign bit. Without branches, so that the compiler takes many values at a time.
    var carries: UInt32 = 0
    for offset in stride(from: 0, to: data.count, by: 4) {
      let bits = data.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      carries |= (bits & 0x7f80_0000) &+ 0x0080_0000
    }
    if mayBeNegative && carries < 0x8000_0000 { return nil }
    for offset in stride(from: 0, to: data.count, by: 4) {
      let value = data.loadUnaligned(fromByteOffset: offset, as: Float.self)
      if !value.isFinite || (value < 0 && !mayBeNegative) { return (offset / 4, value) }
    }
    return nil
  }
}
