import Foundation

func temporaryPath() -> String {
  FileManager.default.temporaryDirectory.appending(path: "cal-\(UUID().uuidString)").path
}

func removeFile(_ path: String) { try? FileManager.default.removeItem(atPath: path) }

func readFile(_ path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(filePath: path)))
}

func writeFile(_ path: String, _ bytes: [UInt8]) throws {
  try Data(bytes).write(to: URL(filePath: path))
}
