import Foundation
import Testing

private let script = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "Sources/CModelFormat/check-generated.sh")

/// Runs the script; its exit status and all it wrote.
private func run() throws -> (status: Int32, text: String) {
  let process = Process()
  let pipe = Pipe()
  process.executableURL = script
  process.standardOutput = pipe
  process.standardError = pipe
  try process.run()
  let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  return (process.terminationStatus, String(decoding: output, as: UTF8.self))
}

@Test func theGeneratedCIsFresh() throws {
  let (status, text) = try run()
  guard status != 77 else {
    try Test.cancel("not checked: \(text)")
  }
  #expect(status == 0, "\(text)")
}
