import CKernels

/// The instruction sets that the resize is compiled for. All give the same bytes.
package enum ResizeKernels: Sendable {
  case portable
  case avx2

  /// The fastest that this CPU runs.
  package static var best: ResizeKernels {
    calk_resize_best() == CALK_RESIZE_AVX2 ? .avx2 : .portable
  }

  var set: calk_resize_set {
    switch self {
    case .portable: calk_resize_set(CALK_RESIZE_PORTABLE)
    case .avx2: calk_resize_set(CALK_RESIZE_AVX2)
    }
  }
}
