import CKernels

/// Every row of `a` times every row of `b`, both of `width` numbers: a's rows x b's rows. Each
/// product has the bits of the head's logits (`dot` in CALModel), on every CPU and whatever other
/// rows stand beside it.
package func rowProducts(_ a: Span<Float>, _ b: Span<Float>, width: Int) -> [Float] {
  guard width > 0, let kernels = kernelTable() else { return [] }
  let (rows, columns) = (a.count / width, b.count / width)
  return Array(unsafeUninitializedCapacity: rows * columns) { out, count in
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        kernels.pointee.row_products(
          a.baseAddress, Int64(rows), b.baseAddress, Int64(columns), Int64(width),
          out.baseAddress, Int64(columns))
      }
    }
    count = rows * columns
  }
}

/// The fastest there is; the portable one is everywhere.
private func kernelTable() -> UnsafePointer<calk_kernels>? {
  calk_kernels_for(CALK_AVX512) ?? calk_kernels_for(CALK_AVX2) ?? calk_kernels_for(CALK_PORTABLE)
}
