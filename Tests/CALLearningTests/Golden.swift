import Foundation
import Testing

@testable import CALLearning

/// Numbers that PyTorch gave for the published computation. They are not part of the repository.
enum Golden {
  static let missing: Comment = "golden numbers not found: set CAL_SHARED"

  static let folder: URL = {
    if let shared = ProcessInfo.processInfo.environment["CAL_SHARED"] {
      return URL(filePath: shared).appending(path: "golden")
    }
    let root = URL(filePath: #filePath).appending(path: "../../..").standardized
    return root.appending(path: "../shared/golden").standardized
  }()

  static var isPresent: Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: "losses.json").path)
  }

  private struct Cases<Case: Decodable>: Decodable {
    let cases: [Case]
  }

  static func cases<Case: Decodable>(_ name: String, of: Case.Type) throws -> [Case] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let data = try Data(contentsOf: folder.appending(path: "\(name).json"))
    return try decoder.decode(Cases<Case>.self, from: data).cases
  }
}

/// The largest difference, relative to the largest number of `right`.
func relativeError(_ found: [Float], _ right: [Double]) -> Double {
  guard found.count == right.count else { return .infinity }
  let scale = right.map(abs).max() ?? 0
  let error = zip(found, right).map { abs(Double($0) - $1) }.max() ?? 0
  return scale > 0 ? error / scale : error
}

/// Random numbers that are the same in every run.
struct Chance: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

  /// splitmix64 (Steele, Lea and Flood 2014).
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func floats(_ count: Int, in range: ClosedRange<Float>) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }
}
