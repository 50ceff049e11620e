import CALModel
import Testing

@testable import CALUpdate

/// Nothing acknowledged is lost: every file operation of a state's life fails once in each way,
/// and reopening must find some prefix of the life that has all that was acknowledged.
@Suite struct FaultTests {
  private let life = Life.shared

  @Test(arguments: SimulatedDisk.Fault.allCases)
  func everyOperationMayFail(fault: SimulatedDisk.Fault) throws {
    let counted = SimulatedDisk()
    counted.inject(nil)
    #expect(try life.run(on: counted).error == nil)
    let operations = counted.operations
    #expect(operations > 40)
    for operation in 0..<operations {
      let disk = SimulatedDisk()
      disk.inject(fault, at: operation)
      let (acknowledged, _) = try life.run(on: disk)
      disk.restart()
      let found = try life.states.firstIndex(of: life.state(on: disk))
      let what = found.map { "the state after \($0)" } ?? "another state"
      let comment: Comment = "\(fault) at \(operation): \(acknowledged) acknowledged, \(what)"
      #expect(found == acknowledged || found == acknowledged + 1, comment)
      guard let found, operation % 3 == 0 else { continue }
      // And it lives on as if nothing had been.
      let (end, error) = try life.run(on: disk, from: found)
      #expect(error == nil, comment)
      #expect(end == life.steps.count, comment)
      #expect(try life.state(on: disk) == life.states.last, comment)
    }
  }

  /// A step that failed can be asked for again, or else the state says that it must be reopened.
  @Test func aFailureIsNotTheEnd() throws {
    let counted = SimulatedDisk()
    #expect(try life.run(on: counted, to: 1).error == nil)
    counted.inject(nil)
    #expect(try life.run(on: counted, from: 1).error == nil)
    for operation in 0..<counted.operations {
      let disk = SimulatedDisk()
      _ = try life.run(on: disk, to: 1)
      let updater = try Updater.open(Life.path, options: life.options(disk))
      updater.folder.journalLimit = Life.journalLimit
      // Not those of opening.
      disk.inject(.error, at: operation)
      for step in life.steps[1...] {
        do { try step(updater) } catch {
          do { try step(updater) } catch {
            #expect("\(error)".contains("reopened"), "at \(operation): \(error)")
            break
          }
        }
      }
      disk.inject(nil)
    }
  }
}

/// What happens to one state.
struct Life: Sendable {
  static let shared = Life()
  static let path = "state"
  static let journalLimit = 3000

  let steps: [@Sendable (Updater) throws -> Void]
  /// Before the first step (nothing), and after each.
  let states: [Snapshot?]

  init() {
    var stream = Stream(seed: 11)
    for method in 0..<Fixture.known { stream.addKnown(8, method) }
    stream.add(12, around: Fixture.axis(9), noise: 0.2)
    let images = stream.shuffled(seed: 1)
    var steps: [@Sendable (Updater) throws -> Void] = [{ _ in }]
    for first in stride(from: 0, to: images.count, by: 15) {
      let part = images.part(first..<min(first + 15, images.count))
      steps.append { try $0.observe(part) }
    }
    steps.append { try $0.label(2, .name("renamed")) }
    let told = images.part(0..<6)
    steps.append { try $0.label(told.keys, features: told.features, as: .named("told")) }
    var settings = CommitSettings()
    settings.founders = 100
    let founders = settings
    steps.append { _ = try $0.commit(founders) }
    steps.append { try $0.observe(images.part(0..<20)) }
    steps.append { _ = try $0.rollback(to: 3) }
    steps.append { try $0.observe(images.part(10..<30)) }
    self.steps = steps
    var states: [Snapshot?] = [nil]
    let disk = SimulatedDisk()
    for step in steps.indices {
      _ = try? Life.run(steps, on: disk, from: step, to: step + 1)
      states.append(try? Life.state(on: disk))
    }
    self.states = states
  }

  func options(_ disk: SimulatedDisk) -> Updater.Options { Life.options(disk) }

  /// Runs steps, the first of which makes the state, until one fails; says how many did not.
  @discardableResult
  func run(
    on disk: SimulatedDisk, from first: Int = 0, to end: Int? = nil
  ) throws -> (done: Int, error: (any Error)?) {
    try Life.run(steps, on: disk, from: first, to: end ?? steps.count)
  }

  func state(on disk: SimulatedDisk) throws -> Snapshot? { try Life.state(on: disk) }

  private static func options(_ disk: SimulatedDisk) -> Updater.Options {
    var options = Updater.Options()
    options.files = disk.files
    options.keep = 2
    return options
  }

  private static func run(
    _ steps: [@Sendable (Updater) throws -> Void], on disk: SimulatedDisk, from first: Int,
    to end: Int
  ) throws -> (done: Int, error: (any Error)?) {
    var done = first
    do {
      var settings = UpdateSettings()
      settings.reservoir = 16
      settings.samples = 4
      let updater =
        first == 0
        ? try Updater.create(
          path, model: Fixture.model(), settings: settings, options: options(disk))
        : try Updater.open(path, options: options(disk))
      updater.folder.journalLimit = journalLimit
      for step in steps[first..<end] {
        try step(updater)
        done += 1
      }
      return (done, nil)
    } catch {
      return (done, error)
    }
  }

  /// What a reopening finds; nil if there is no state. Which record was the last is not looked at.
  private static func state(on disk: SimulatedDisk) throws -> Snapshot? {
    guard disk.names.contains(path + "/snapshot") else { return nil }
    var snapshot = try Updater.open(path, options: options(disk)).folder.snapshot
    snapshot.record = 0
    return snapshot
  }
}
