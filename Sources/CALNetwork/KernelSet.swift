import CKernels

/// An instruction set that the hot loops exist for, or the plain reference path.
public enum KernelSet: Int32, Sendable, CaseIterable {
  case portable = 1
  case avx2 = 2
  case avx512 = 3
  /// `ReferenceNetwork`: slow, for checking.
  case reference = 9

  public var name: String {
    switch self {
    case .portable: "portable"
    case .avx2: "avx2"
    case .avx512: "avx512"
    case .reference: "reference"
    }
  }

  /// The instructions of its int8 loop, which may be more than the set's: those of VNNI, where
  /// the CPU has them.
  public var int8Name: String {
    guard let loop = table?.pointee.int8_name() else { return name }
    return String(cString: loop)
  }

  /// Whether this machine and build can run it.
  public var isAvailable: Bool { self == .reference || table != nil }

  /// The fastest that is available.
  public static var best: KernelSet {
    if KernelSet.avx512.isAvailable { return .avx512 }
    return KernelSet.avx2.isAvailable ? .avx2 : .portable
  }

  /// The set's loops; nil for the reference path and where the CPU lacks the instructions.
  var table: UnsafePointer<calk_kernels>? { instructions.flatMap { calk_kernels_for($0) } }

  /// Those that multiply bf16 numbers.
  var bf16: UnsafePointer<calk_bf16>? { instructions.flatMap { calk_bf16_for($0) } }

  private var instructions: calk_set? {
    switch self {
    case .portable: CALK_PORTABLE
    case .avx2: CALK_AVX2
    case .avx512: CALK_AVX512
    case .reference: nil
    }
  }

  /// Whether the CPU has an instruction for these; without, bf16 is not faster than fp32.
  public var multipliesBF16: Bool { bf16.map { $0.pointee.together > 1 } ?? false }
}
