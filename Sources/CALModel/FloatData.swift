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
    // First without leaving early, which the compiler can do for many values at a time.
    var unusable = false
    for offset in stride(from: 0, to: data.count, by: 4) {
      let value = data.loadUnaligned(fromByteOffset: offset, as: Float.self)
      unusable = unusable || isUnusable(value, mayBeNegative: mayBeNegative)
    }
    guard unusable else { return nil }
    for offset in stride(from: 0, to: data.count, by: 4) {
      let value = data.loadUnaligned(fromByteOffset: offset, as: Float.self)
      if isUnusable(value, mayBeNegative: mayBeNegative) { return (offset / 4, value) }
    }
    return nil
  }
}

private func isUnusable(_ value: Float, mayBeNegative: Bool) -> Bool {
  !value.isFinite || (!mayBeNegative && value < 0)
}
