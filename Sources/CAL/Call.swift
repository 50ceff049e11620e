import CCal
import Synchronization

/// What goes on in a session: whether a call runs, whether it was told to stop, and how many
/// of its images are done. The only part of a session that several threads touch at once.
final class Call: Sendable {
  private enum State {
    static let idle = 0
    static let running = 1
    static let cancelled = 2
  }

  private let state = Atomic<Int>(State.idle)
  private let done = Atomic<Int>(0)

  /// Runs `body` unless another call is running, as whole: `cancel` reaches it from here on.
  func run(_ body: () throws(Failure) -> Void) throws(Failure) {
    let (free, _) = state.compareExchange(
      expected: State.idle, desired: State.running, ordering: .acquiring)
    guard free else {
      throw Failure(
        CAL_ERR_BUSY, "a call with this session is running, on another thread or around this one")
    }
    defer { state.store(State.idle, ordering: .releasing) }
    done.store(0, ordering: .relaxed)
    try body()
  }

  /// Does nothing if no call runs.
  func cancel() {
    _ = state.compareExchange(
      expected: State.running, desired: State.cancelled, ordering: .relaxed)
  }

  var isCancelled: Bool { state.load(ordering: .relaxed) == State.cancelled }

  var doneCount: Int { done.load(ordering: .relaxed) }

  func countOne() { done.add(1, ordering: .relaxed) }
}
