import CALDigest
import CALModel
import CALNetwork
import CALTraining
import CCal
import Synchronization

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// A training behind a handle.
///
/// `call` admits one run at a time; what looks at the trainer meanwhile must be called by the
/// host's callback, on the thread that trains, which is why the class may be unchecked Sendable.
final class HostTraining: @unchecked Sendable {
  let call = Call(of: .trainer)
  let known: Int
  let parent: Digest?
  private let trainer: Trainer
  /// The thread that runs the trainer, while it is in the host's callback.
  private let visitor = Mutex<UInt?>(nil)

  init(_ options: TrainingOptions, _ source: HostSource, start: Model?) throws(Failure) {
    known = options.known
    parent = start?.digest
    trainer = try trained { () throws(TrainingError) in
      try Trainer(options, source: source, start: start)
    }
  }

  var recipeName: String { trainer.options.recipe == .paper ? "paper" : "default" }

  func run(_ callback: cal_training_callback?, _ user: UnsafeMutableRawPointer?) throws(Failure) {
    try call.run { () throws(Failure) in
      try trained { () throws(TrainingError) in
        try trainer.run { report in
          guard !call.isCancelled else { return false }
          guard let callback else { return true }
          var told = cal_training_report(report, heldOut: trainer.heldOutCount)
          visitor.withLock { $0 = currentThread() }
          defer { visitor.withLock { $0 = nil } }
          return HostMode.during { callback(user, &told) == 0 }
        }
      }
      guard trainer.isFinished else {
        throw Failure(
          CAL_ERR_CANCELLED,
          "stopped in epoch \(trainer.state.epoch), after step \(trainer.state.step)")
      }
    }
  }

  /// Reads the trainer: between runs, or from the host's callback.
  func look<Value>(
    _ body: (Trainer) throws(TrainingError) -> Value
  ) throws(Failure) -> Value {
    if visitor.withLock({ $0 }) == currentThread() {
      return try trained { () throws(TrainingError) in try body(trainer) }
    }
    return try change(body)
  }

  /// Between runs only.
  func change<Value>(
    _ body: (Trainer) throws(TrainingError) -> Value
  ) throws(Failure) -> Value {
    try call.run { () throws(Failure) in
      try trained { () throws(TrainingError) in try body(trainer) }
    }
  }
}

extension cal_training_report {
  fileprivate init(_ report: TrainingReport, heldOut: Int) {
    self.init()
    struct_size = UInt32(MemoryLayout<cal_training_report>.size)
    epoch = UInt32(report.epoch)
    epochs = UInt32(report.epochs)
    step = UInt32(report.step)
    steps = UInt32(report.steps)
    is_epoch_end = report.terms == nil ? 1 : 0
    prototypes = UInt32(report.prototypes)
    novel_threshold = report.novelThreshold ?? -1
    learning_rate = report.learningRate
    validation_accuracy = report.validation?.accuracy ?? -1
    validation_confidence = report.validation?.confidence ?? -1
    validation_images = UInt32(heldOut)
    best_epoch = report.bestEpoch.map { Int32($0) } ?? -1
    is_finished = report.isFinished ? 1 : 0
    guard let terms = report.terms else { return }
    acr_selected = UInt32(terms.acrSelected)
    supervised = terms.supervised
    regulariser = terms.regulariser
    ccr = terms.ccr
    acr = terms.acr
    total = terms.total
  }
}

/// Names the calling thread as long as it lives.
private func currentThread() -> UInt {
  #if canImport(Darwin)
    UInt(bitPattern: pthread_self())
  #else
    UInt(pthread_self())
  #endif
}

private func trained<Value>(
  _ body: () throws(TrainingError) -> Value
) throws(Failure) -> Value {
  do throws(TrainingError) {
    return try body()
  } catch {
    switch error {
    case .learning(let error): throw .argument(error.description)
    case .network(let error): throw Failure(error)
    case .model(let error): throw Failure(error)
    case .image: throw Failure(CAL_ERR_IO, error.description)
    case .diverged: throw Failure(CAL_ERR_NUMERIC, error.description)
    case .checkpoint(let reason): throw .argument(reason)
    }
  }
}
