import CALDigest
import CALModel
import Foundation
import Testing

/// Files: a fresh folder for each test, removed behind it.
@Suite final class SaveTests {
  let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "cal-model-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func path(_ name: String) -> String { folder + "/" + name }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  private func contents(_ name: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path(name)).map { Array($0) }
  }

  private func saveError(_ model: Model, _ path: String) -> ModelError? {
    do throws(ModelError) {
      try model.save(to: path)
      return nil
    } catch {
      return error
    }
  }

  @Test func savesTheVeryBytes() throws {
    let bytes = ModelDraft().bytes()
    let model = try load(bytes)
    try model.save(to: path("a.cal"))
    #expect(contents("a.cal") == bytes)

    let loaded = try Model(path: path("a.cal"))
    #expect(loaded.digest == model.digest)
    #expect(loaded.fileSize == bytes.count)
    try loaded.save(to: path("b.cal"))
    #expect(contents("b.cal") == bytes)
    #expect(try names() == ["a.cal", "b.cal"])
  }

  @Test func replacesAnOlderFile() throws {
    #expect(FileManager.default.createFile(atPath: path("a.cal"), contents: Data([1, 2, 3])))
    let bytes = ModelDraft().bytes()
    try load(bytes).save(to: path("a.cal"))
    #expect(contents("a.cal") == bytes)
    #expect(try names() == ["a.cal"])
  }

  /// A model may be saved over the file it came from, by several threads at once.
  @Test func savesOverItselfConcurrently() async throws {
    let bytes = ModelDraft().bytes()
    try load(bytes).save(to: path("a.cal"))
    let model = try Model(path: path("a.cal"))
    let target = path("a.cal")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { try model.save(to: target) } }
      try await group.waitForAll()
    }
    #expect(contents("a.cal") == bytes)
    #expect(try names() == ["a.cal"])
  }

  @Test func savesToARelativePath() throws {
    // The tests' working directory is the package's; this name is in none.
    let name = "cal-\(UUID().uuidString).cal"
    defer { try? FileManager.default.removeItem(atPath: name) }
    try load(ModelDraft().bytes()).save(to: name)
    #expect(try Model(path: name).bank.epoch == 7)
  }

  @Test func leavesNothingWhereItCannotWrite() throws {
    let model = try load(ModelDraft().bytes())
    // Even root cannot make a file in these.
    let missing = path("no/such/a.cal")
    #expect(
      saveError(model, missing)
        == .io("\(missing): no file can be made beside it: No such file or directory"))
    #expect(FileManager.default.createFile(atPath: path("file"), contents: Data()))
    let inFile = path("file/a.cal")
    #expect(
      saveError(model, inFile)
        == .io("\(inFile): no file can be made beside it: Not a directory"))
    #expect(try names() == ["file"])
  }

  @Test func leavesNothingWhereItCannotRename() throws {
    let model = try load(ModelDraft().bytes())
    try FileManager.default.createDirectory(
      atPath: path("a.cal/inside"), withIntermediateDirectories: true)
    #expect(
      saveError(model, path("a.cal"))
        == .io("\(path("a.cal")): cannot be written: Is a directory"))
    #expect(try names() == ["a.cal"])
  }

  @Test func saysWhyAFileCannotBeRead() throws {
    func error(_ path: String, sizeLimit: Int = Limit.fileSize) -> ModelError? {
      do throws(ModelError) {
        _ = try Model(path: path, sizeLimit: sizeLimit)
        return nil
      } catch {
        return error
      }
    }
    #expect(
      error(path("none")) == .io("\(path("none")): cannot be opened: No such file or directory"))
    #expect(error(folder) == .io("\(folder): not a regular file"))
    #expect(mkfifo(path("pipe"), 0o600) == 0)
    #expect(error(path("pipe")) == .io("\(path("pipe")): not a regular file"))

    #expect(FileManager.default.createFile(atPath: path("empty"), contents: Data()))
    #expect(
      error(path("empty"))
        == .format(
          "not a CAL model file: it begins with nothing, needs 0d 43 41 4c 4d"))
    #expect(FileManager.default.createFile(atPath: path("three"), contents: Data([1, 2, 3])))
    #expect(
      error(path("three"), sizeLimit: 2) == .limit("\(path("three")): 3 bytes, at most 2"))
  }

  /// A file may be larger than the limit, even than memory, without being read.
  @Test func refusesAHugeFileUnread() throws {
    #expect(FileManager.default.createFile(atPath: path("huge"), contents: Data()))
    let size = 1 << 40  // a hole, no disk space
    try #require(truncate(path("huge"), size) == 0)
    #expect(throws: ModelError.limit("\(path("huge")): \(size) bytes, at most \(Limit.fileSize)")) {
      try Model(path: self.path("huge"))
    }
  }
}
