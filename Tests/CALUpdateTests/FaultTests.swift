import CALModel
import Testing

@testable import CALUpdate

/// Nothing acknowledged is lost: every file operation of a state's life fails once in each way,
/// and reopening must find some prefix of the life that has all that was acknowledged.
@Suite struct FaultTests {
  private let life = Life.shared

  /// Without syncs only a stop of the machine makes a difference.
  private static let faults =
    SimulatedDisk.Fault.allCases.map { ($0, true) }
    + SimulatedDisk.Fault.allCases.filter(\.stopsMachine).map { ($0, false) }

  @Test(arguments: faults)
  func everyOperationMayFail(fault: SimulatedDisk.Fault, syncsAlways: Bool) throws {
    let counted = SimulatedDisk()
    counted.inject(nil)
    #expect(try life.run(on: counted, syncsAlways: syncsAlways).error == nil)
    let operations = counted.operations
    #expect(operations > 40)
    for operation in 0..<operations {
      let disk = SimulatedDisk()
      disk.inject(fault, at: operation)
      let (acknowledged, _) = try life.run(on: disk, syncsAlways: syncsAlways)
      disk.restart()
      let found = try life.states.firstIndex(of: life.state(on: disk))
      let what = found.map { "the state after \($0)" } ?? "another state"
      let comment: Comment = "\(fault) at \(operation): \(acknowledged) acknowledged, \(what)"
      let least = syncsAlways ? acknowledged : life.durable(of: acknowledged)
      #expect((least...acknowledged + 1).contains(found ?? -1), comment)
      // Every second one, so that each of two operations with the same outcome has its turn.
      guard let found, operation % 2 == 0 else { continue }
      // And it lives on as if nothing had been, also if it is opened again behind the next step.
      let next = min(found + 1, life.steps.count)
      let (_, early) = try life.run(on: disk, from: found, to: next, syncsAlways: syncsAlways)
      #expect(early == nil, comment)
      let (end, error) = try life.run(on: disk, from: next, syncsAlways: syncsAlways)
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
        do { try step.act(updater) } catch {
          do { try step.act(updater) } catch {
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

  struct Step: Sendable {
    /// Whether the disk has it when it returns, even if an updater does not sync always.
    var isDurable = false
    let act: @Sendable (Updater) throws -> Void
  }

  private static let model = Result { try Fixture.model() }

  let steps: [Step]
  /// Before the first step (nothing), and after each.
  let states: [Snapshot?]

  init() {
    var stream = Stream(seed: 11)
    for method in 0..<Fixture.known { stream.addKnown(8, method) }
    stream.add(12, around: Fixture.axis(9), noise: 0.2)
    let images = stream.shuffled(seed: 1)
    let parts = stride(from: 0, to: images.count, by: 15).map {
      images.part($0..<min($0 + 15, images.count))
    }
    let told = images.part(0..<6)
    var steps = [Step(isDurable: true) { _ in }]
    // Short enough for the journal to keep it until the commit.
    steps.append(
      Step(isDurable: true) {
        try $0.observe(parts[0])
        try $0.sync()
      })
    for part in parts[1...] { steps.append(Step { try $0.observe(part) }) }
    steps.append(Step { try $0.label(2, .name("renamed")) })
    steps.append(Step { try $0.label(told.keys, features: told.features, as: .named("told")) })
    var settings = CommitSettings()
    settings.founders = 100
    let founders = settings
    steps.append(Step(isDurable: true) { _ = try $0.commit(founders) })
    steps.append(Step { try $0.observe(images.part(0..<20)) })
    steps.append(Step(isDurable: true) { _ = try $0.rollback(to: 3) })
    steps.append(Step { try $0.observe(images.part(10..<30)) })
    self.steps = steps
    var states: [Snapshot?] = [nil]
    let disk = SimulatedDisk()
    for step in steps.indices {
      _ = try? Life.run(steps, on: disk, from: step, to: step + 1)
      states.append(try? Life.state(on: disk))
    }
    self.states = states
  }

  /// How many of the first `done` steps the disk has in any case.
  func durable(of done: Int) -> Int {
    (steps[..<done].lastIndex(where: \.isDurable) ?? -1) + 1
  }

  func options(_ disk: SimulatedDisk) -> Updater.Options { Life.options(disk) }

  /// Runs steps, the first of which makes the state, until one fails; says how many did not.
  @discardableResult
  func run(
    on disk: SimulatedDisk, from first: Int = 0, to end: Int? = nil, syncsAlways: Bool = true
  ) throws -> (done: Int, error: (any Error)?) {
    try Life.run(
      steps, on: disk, from: first, to: end ?? steps.count, syncsAlways: syncsAlways)
  }

  func state(on disk: SimulatedDisk) throws -> Snapshot? { try Life.state(on: disk) }

  private static func options(_ disk: SimulatedDisk) -> Updater.Options {
    var options = Updater.Options()
    options.files = disk.files
    options.keep = 2
    return options
  }

  private static func run(
    _ steps: [Step], on disk: SimulatedDisk, from first: Int, to end: Int,
    syncsAlways: Bool = true
  ) throws -> (done: Int, error: (any Error)?) {
    var done = first
    do {
      var settings = UpdateSettings()
      settings.reservoir = 16
      settings.samples = 4
      var options = options(disk)
      options.syncsAlways = syncsAlways
      let updater =
        first == 0
        ? try Updater.create(
          path, model: model.get(), settings: settings, options: options)
        : try Updater.open(path, options: options)
      updater.folder.journalLimit = journalLimit
      for step in steps[first..<end] {
        try step.act(updater)
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
