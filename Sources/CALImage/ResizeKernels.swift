import CKernels

/// The instruction sets that the resize is compiled for. All give the same bytes.
package enum ResizeKernels: Sendable {
  case portable
  case avx2

  /// The fastest that this CPU runs.
  package static var best: ResizeKernels { ck_resize_best() == CK_RESIZE_AVX2 ? .avx2 : .portable }

  var set: ck_resize_set {
    switch self {
    case .portable: ck_resize_set(CK_RESIZE_PORTABLE)
    case .avx2: ck_resize_set(CK_RESIZE_AVX2)
    }
  }
}
