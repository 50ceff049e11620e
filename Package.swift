// swift-tools-version: 6.2
//
// libcal: open-world deepfake attribution behind a C ABI.
//
// Arrows point down only:
//
//     CAL  ->  CALTraining, CALUpdate  ->  CALModel, CALLearning
//     CALModel  ->  CALNetwork, CALImage, CALDigest  ->  CKernels, COpenBLAS
//     CALLearning  ->  CKernels
//               ->  CModelFormat (protobuf-c)
//
// The shipped library is built by the Makefile, which adds what a manifest cannot say without
// unsafe flags: static Swift runtime, soname, version script.

import PackageDescription

let swift: [SwiftSetting] = [.swiftLanguageMode(.v6)]

// The git commit, for cal_build_info; the Makefile sets it.
let source = Context.environment["CAL_SOURCE_ID"] ?? "unknown"

let package = Package(
  name: "libcal",
  // Mutex and Atomic of the standard library.
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "cal", type: .dynamic, targets: ["CAL"])
  ],
  targets: [
    // The C header that every exported function is checked against.
    .systemLibrary(name: "CCal", path: "Include"),

    .target(name: "CBuildInfo", cSettings: [.define("CAL_SOURCE_ID", to: "\"\(source)\"")]),
    .target(name: "CKernels"),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .target(name: "CModelFormat", dependencies: ["CProtobufC"]),

    .target(name: "CALDigest", dependencies: ["CKernels"], swiftSettings: swift),
    .target(name: "CALImage", dependencies: ["CKernels"], swiftSettings: swift),
    .target(name: "CALNetwork", dependencies: ["CKernels", "COpenBLAS"], swiftSettings: swift),
    .target(name: "CALLearning", dependencies: ["CKernels"], swiftSettings: swift),
    .target(
      name: "CALModel", dependencies: ["CALDigest", "CALImage", "CALNetwork", "CModelFormat"],
      swiftSettings: swift),
    .target(
      name: "CALTraining",
      dependencies: ["CALLearning", "CALNetwork", "CALImage", "CALModel", "CALDigest"],
      swiftSettings: swift),
    .target(
      name: "CALUpdate", dependencies: ["CALLearning", "CALModel", "CALDigest"],
      swiftSettings: swift),
    .target(
      name: "CAL",
      dependencies: [
        "CCal", "CALModel", "CALLearning", "CALTraining", "CALUpdate", "CALNetwork", "CALImage",
        "CALDigest",
        "CBuildInfo",
        "COpenBLAS",
      ], swiftSettings: swift),

    .target(name: "CALTestSupport", path: "Tests/CALTestSupport", swiftSettings: swift),
    .testTarget(
      name: "CALDigestTests", dependencies: ["CALDigest", "CALTestSupport"], swiftSettings: swift),
    .testTarget(
      name: "CALImageTests", dependencies: ["CALImage", "CALTestSupport"], swiftSettings: swift),
    .testTarget(
      name: "CALLearningTests", dependencies: ["CALLearning", "CKernels", "CALTestSupport"],
      swiftSettings: swift),
    .testTarget(
      name: "CALNetworkTests", dependencies: ["CALNetwork", "CKernels", "CALTestSupport"],
      swiftSettings: swift),
    .testTarget(
      name: "CALModelTests", dependencies: ["CALModel", "CALTestSupport"], swiftSettings: swift),
    .testTarget(
      name: "CALTrainingTests",
      dependencies: ["CALTraining", "CALLearning", "CALNetwork", "CALImage", "CALTestSupport"],
      swiftSettings: swift),
    .testTarget(
      name: "CALUpdateTests",
      dependencies: ["CALUpdate", "CALModel", "CALNetwork", "CALDigest", "CALTestSupport"],
      swiftSettings: swift),
    .testTarget(
      name: "CALTests", dependencies: ["CAL", "CCal", "CALModel", "CALTestSupport"],
      swiftSettings: swift),
  ],
  cLanguageStandard: .c11
)
