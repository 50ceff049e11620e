import Synchronization

/// A team that works through numbered items: whoever is free takes the next.
final class Crew {
  private let team: Team
  private let next = Atomic<Int>(0)
  private var job: Job?

  var workers: Int { team.workers }

  init(workers: Int) throws(NetworkError) { team = try Team(workers: workers) }

  deinit { team.stop() }

  /// Calls `body` for items 0 to count - 1, in any order, on any worker, and returns when all
  /// are done.
  func each(_ count: Int, _ body: (_ item: Int, _ worker: Int) -> Void) {
    guard workers > 1, count > 1 else {
      for item in 0..<count { body(item, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      job = Job(count: count, body: body)
      next.store(0, ordering: .relaxed)
      team.run(Unmanaged.passUnretained(self).toOpaque()) { context, worker in
        Unmanaged<Crew>.fromOpaque(context).takeUnretainedValue().work(worker)
      }
      job = nil
    }
  }

  private func work(_ worker: Int) {
    guard let job else { return }
    while true {
      let item = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if item >= job.count { return }
      job.body(item, worker)
    }
  }

  private struct Job {
    let count: Int
    let body: (_ item: Int, _ worker: Int) -> Void
  }
}
