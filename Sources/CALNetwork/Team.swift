import CKernels
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The threads of an executor. The calling thread is worker 0; the others sleep between calls.
///
/// Whoever waits spins for some tens of microseconds and then sleeps: layers take tens to
/// hundreds of microseconds, so a pure sleep would cost more than the work, and a pure spin would
/// fight the host for its cores.
final class Team: @unchecked Sendable {
  /// What a worker does: context, worker number.
  typealias Body = @convention(c) (UnsafeMutableRawPointer, Int) -> Void

  let workers: Int
  private var threads: [pthread_t] = []
  private var body: Body?
  private var context: UnsafeMutableRawPointer?

  private let round = Atomic<Int>(0)
  private let finished = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)
  private let arrived = Atomic<Int>(0)
  private let barriers = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init(workers: Int) throws(NetworkError) {
    self.workers = workers
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
    for worker in 1..<max(workers, 1) {
      let code = start(worker)
      guard code == 0 else {
        stop()
        throw .threads(code: code)
      }
    }
  }

  /// Runs `body` once on every worker and returns when all have returned.
  func run(_ context: UnsafeMutableRawPointer, _ body: Body) {
    guard workers > 1 else { return body(context, 0) }
    self.context = context
    self.body = body
    finished.store(0, ordering: .relaxed)
    round.wrappingAdd(1, ordering: .sequentiallyConsistent)
    wake()
    body(context, 0)
    wait { finished.load(ordering: .sequentiallyConsistent) == workers - 1 }
  }

  /// Returns when every worker has called it. Within `body` only. `last` runs on one worker,
  /// before any returns.
  func barrier(last: () -> Void) {
    guard workers > 1 else { return last() }
    let current = barriers.load(ordering: .sequentiallyConsistent)
    if arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == workers {
      arrived.store(0, ordering: .relaxed)
      last()
      barriers.store(current &+ 1, ordering: .sequentiallyConsistent)
      wake()
    } else {
      wait { barriers.load(ordering: .sequentiallyConsistent) != current }
    }
  }

  /// Ends the threads. To be called once, by the owner, when nothing runs.
  func stop() {
    stopping.store(true, ordering: .sequentiallyConsistent)
    round.wrappingAdd(1, ordering: .sequentiallyConsistent)
    wake()
    for thread in threads { pthread_join(thread, nil) }
    threads = []
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  private func start(_ worker: Int) -> Int32 {
    let entry = Unmanaged.passRetained(Entry(team: self, worker: worker))
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    // The host's signals are for the host's threads.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let code = pthread_create(
      &thread, nil,
      { raw in
        #if canImport(Darwin)
          let opaque = raw
        #else
          guard let opaque = raw else { return nil }
        #endif
        // A thread starts in the mode of the one that started it.
        FloatMode.setDefault()
        let entry = Unmanaged<Entry>.fromOpaque(opaque).takeRetainedValue()
        entry.team.work(entry.worker)
        return nil
      }, entry.toOpaque())
    guard code == 0 else {
      entry.release()
      return code
    }
    #if canImport(Darwin)
      if let thread { threads.append(thread) }
    #else
      threads.append(thread)
    #endif
    return 0
  }

  private func work(_ worker: Int) {
    var seen = 0
    while true {
      wait { round.load(ordering: .sequentiallyConsistent) != seen }
      seen += 1
      if stopping.load(ordering: .sequentiallyConsistent) { return }
      if let body, let context { body(context, worker) }
      finished.wrappingAdd(1, ordering: .sequentiallyConsistent)
      wake()
    }
  }

  private func wait(until isTrue: () -> Bool) {
    for _ in 0..<Team.spins {
      if isTrue() { return }
      calk_pause()
    }
    pthread_mutex_lock(mutex)
    // Counted before the last look, while wake() looks at the count after its change: one of
    // the two sees the other.
    sleepers.wrappingAdd(1, ordering: .sequentiallyConsistent)
    while !isTrue() { pthread_cond_wait(condition, mutex) }
    sleepers.wrappingSubtract(1, ordering: .sequentiallyConsistent)
    pthread_mutex_unlock(mutex)
  }

  private func wake() {
    guard sleepers.load(ordering: .sequentiallyConsistent) > 0 else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// 24 microseconds of pauses at the least, measured on Ice Lake.
  private static let spins = 2000

  private final class Entry {
    let team: Team
    let worker: Int

    init(team: Team, worker: Int) {
      self.team = team
      self.worker = worker
    }
  }
}
