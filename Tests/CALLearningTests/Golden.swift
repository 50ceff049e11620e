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
