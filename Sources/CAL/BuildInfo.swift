import CALNetwork
import CBuildInfo
import CCal
import COpenBLAS

/// How this library was made, for `cal_build_info` and for the tool section of a report.
enum BuildInfo {
  static var version: String { String(cString: cal_version()) }

  /// The git commit, if the build was told it.
  static var source: String { String(cString: cal_build_source()) }

  static var compiler: String { "Swift \(swift), " + String(cString: cal_build_compiler()) }

  static var target: String { architecture + "-" + system }

  /// Version and configuration of the BLAS that is loaded, which need not be the one that
  /// libcal was linked with. Asked for once: each call puts its text together in the same static
  /// memory, so two at a time spoil each other's.
  static let blas: String = {
    var text = String(cString: openblas_get_config())
    while text.last == " " { text.removeLast() }
    return text
  }()

  static var text: String {
    let available = KernelSet.allCases.filter(\.isAvailable).map(\.name)
    return """
      version: \(version)
      abi: \(CAL_ABI_VERSION)
      source: \(source)
      compiler: \(compiler)
      target: \(target)
      kernels: \(KernelSet.best.name)
      kernels-available: \(available.joined(separator: " "))
      kernels-int8: \(KernelSet.best.int8Name)
      kernels-bf16: \(KernelSet.best.multipliesBF16 ? "avx512bf16" : "emulated")
      precisions: \(Precision.allCases.map(\.name).joined(separator: " "))
      blas: \(blas)

      """
  }
}

#if compiler(>=6.4)
  private let swift = "6.4 or later"
#else
  private let swift = "6.3"
#endif

#if arch(x86_64)
  private let architecture = "x86_64"
#elseif arch(arm64)
  private let architecture = "arm64"
#else
  private let architecture = "other"
#endif

#if os(Linux)
  private let system = "linux"
#elseif os(macOS)
  private let system = "macos"
#else
  private let system = "other"
#endif
