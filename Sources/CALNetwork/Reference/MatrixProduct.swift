import COpenBLAS

/// a (rows x inner) . b (inner x columns), row-major; with `transposeRight`, b is
/// (columns x inner).
func product(
  _ a: [Float], _ b: [Float], rows: Int, inner: Int, columns: Int, transposeRight: Bool = false
) -> [Float] {
  var result = [Float](repeating: 0, count: rows * columns)
  cblas_sgemm(
    CblasRowMajor, CblasNoTrans, transposeRight ? CblasTrans : CblasNoTrans, blasint(rows),
    blasint(columns), blasint(inner), 1, a, blasint(inner), b,
    blasint(transposeRight ? inner : columns), 0, &result, blasint(columns))
  return result
}
