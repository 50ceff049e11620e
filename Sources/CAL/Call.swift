import CCal
import Synchronization

/// What goes on behind a handle: whether a call runs, whether it was told to stop, and how many
/// of its images are done. The only part of its object that several threads touch at once.
final class Call: Sendable {
  private enum State {
    static let idle = 0
    static let running = 1
    static let cancelled = 2
  }

  private let type: HandleType
  private let state = Atomic<Int>(State.idle)
  private let done = Atomic<Int>(0)

  /// `type` is the handle's, for error texts.
  init(of type: HandleType) { self.type = type }

  /// Runs `body` unless another call is running, as whole: `cancel` reaches it from here on.
  func run<Value>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    let (free, _) = state.compareExchange(
      expected: State.idle, desired: State.running, ordering: .acquiring)
    guard free else {
      throw Failure(
        CAL_ERR_BUSY,
        "a call with this \(type.name) is running, on another thread or around this one")
    }
    defer { state.store(State.idle, ordering: .releasing) }
    startCounting()
    return try body()
  }

  /// Does nothing if no call runs.
  func cancel() {
    _ = state.compareExchange(
      expected: State.running, desired: State.cancelled, ordering: .relaxed)
  }

  var isCancelled: Bool { state.load(ordering: .relaxed) == State.cancelled }

  var doneCount: Int { done.load(ordering: .relaxed) }

  /// Begins again from 0, for a call that works on its images in parts.
  func startCounting() { done.store(0, ordering: .relaxed) }

  func countOne() { done.add(1, ordering: .relaxed) }
}
