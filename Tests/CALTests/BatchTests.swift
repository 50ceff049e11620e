import CCal
import Synchronization
import Testing

@Suite struct BatchTests {
  static let pictures = (0..<13).map { (i: Int) -> Picture in
    Picture(
      20 + 17 * i, 150 - 9 * i, seed: UInt64(i), format: 1 + i % 4, padding: i % 3)
  }

  static func images() -> [cal_image] {
    pictures.enumerated().map { i, picture in
      var image = picture.image
      if i % 3 == 1 { image.face = cal_box(x: 3.5, y: 2, width: 12, height: 15.25) }
      return image
    }
  }

  /// Attributes in one call; answers in order, and the call's status.
  static func run(
    _ session: TestSession, _ images: [cal_image], _ options: cal_attribute_options? = nil
  ) -> (status: cal_status, answers: [Answer]) {
    let answers = images.map { _ in Answer() }
    var results = answers.map(\.result)
    let status: cal_status
    if var options {
      status = cal_session_attribute_batch(
        session.handle, images, images.count, &options, &results)
    } else {
      status = cal_session_attribute_batch(session.handle, images, images.count, nil, &results)
    }
    for (answer, result) in zip(answers, results) { answer.result = result }
    return (status, answers)
  }

  static let alone: [[UInt8]] = {
    let session = TestSession()
    return images().map { session.attribute($0).bits }
  }()

  @Test(arguments: [UInt32(1), 2, 3, 4])
  func bitsDoNotDependOnBatchOrThreads(threads: UInt32) {
    let session = TestSession(threads: threads)
    let images = BatchTests.images()
    #expect(Set(BatchTests.alone).count == images.count)
    for size in [1, 2, 5, images.count] {
      for first in stride(from: 0, to: images.count, by: size) {
        let range = first..<min(first + size, images.count)
        let (status, answers) = BatchTests.run(session, Array(images[range]))
        expect(status, CAL_OK)
        #expect(answers.map(\.bits) == Array(BatchTests.alone[range]))
      }
    }
  }

  @Test(arguments: [UInt32(1), 2, 4])
  func oneBadImageNeverFailsTheBatch(threads: UInt32) {
    let session = TestSession(threads: threads)
    var images = BatchTests.images()
    images[0].format = 77
    images[6].width = 0
    images[12].pixels = nil
    let (status, answers) = BatchTests.run(session, images)
    expect(status, CAL_OK)
    let bad = [0: "CAL_ERR_IMAGE_FORMAT", 6: "CAL_ERR_IMAGE_SIZE", 12: "CAL_ERR_ARGUMENT"]
    for (i, answer) in answers.enumerated() {
      #expect(answer.status == bad[i] ?? "CAL_OK")
      #expect(answer.error.isEmpty == (bad[i] == nil))
      if bad[i] == nil { #expect(answer.bits == BatchTests.alone[i]) }
    }
  }

  @Test func countsAreChecked() {
    let session = TestSession()
    let handle = session.handle
    expect(cal_session_attribute_batch(handle, nil, 0, nil, nil), CAL_OK)
    let images = BatchTests.images()
    var results = [Answer()].map(\.result)
    let limit = Int(CAL_BATCH_MAX)
    expect(
      cal_session_attribute_batch(handle, images, limit + 1, nil, &results), CAL_ERR_ARGUMENT,
      "1048577")
    expect(
      cal_session_attribute_batch(handle, images, -1, nil, &results), CAL_ERR_ARGUMENT,
      "18446744073709551615")
    expect(cal_session_attribute_batch(handle, nil, 1, nil, &results), CAL_ERR_ARGUMENT, "images")
    expect(cal_session_attribute_batch(handle, images, 1, nil, nil), CAL_ERR_ARGUMENT, "results")
  }
}

/// What a progress callback saw, and what it should answer.
private final class Calls {
  var done: [UInt64] = []
  var totals: Set<UInt64> = []
  var threads: Set<UInt> = []
  var stopAt: UInt64 = .max
  var cancel: OpaquePointer?

  var options: cal_attribute_options {
    var options = cal_attribute_options()
    options.struct_size = 32
    options.progress_user = Unmanaged.passUnretained(self).toOpaque()
    options.progress = { user, done, total in
      let calls = Unmanaged<Calls>.fromOpaque(user!).takeUnretainedValue()
      calls.done.append(done)
      calls.totals.insert(total)
      calls.threads.insert(Thread.current)
      if done >= calls.stopAt {
        guard calls.cancel != nil else { return 1 }
        expect(cal_session_cancel(calls.cancel), CAL_OK)
      }
      return 0
    }
    return options
  }
}

@Suite struct ProgressTests {
  @Test(arguments: [UInt32(1), 2, 4])
  func countsRiseFromNothingToAllOnTheCallingThread(threads: UInt32) {
    let session = TestSession(threads: threads)
    let calls = Calls()
    let (status, _) = BatchTests.run(session, BatchTests.images(), calls.options)
    expect(status, CAL_OK)
    #expect(calls.done.first == 0 && calls.done.last == 13)
    #expect(zip(calls.done, calls.done.dropFirst()).allSatisfy { $0 < $1 })
    #expect(calls.totals == [13])
    #expect(calls.threads == [Thread.current])
    if threads == 1 { #expect(calls.done == Array(0...13)) }
  }

  @Test func badImagesCountToo() {
    let session = TestSession()
    var images = BatchTests.images()
    images[12].width = 0
    let calls = Calls()
    let (status, _) = BatchTests.run(session, images, calls.options)
    expect(status, CAL_OK)
    #expect(calls.done == Array(0...13))
  }

  /// By the callback's answer and by cal_session_cancel; images under way are finished.
  @Test(arguments: [UInt32(1), 2, 4], [true, false])
  func cancellingLeavesTheRest(threads: UInt32, byAnswer: Bool) {
    let session = TestSession(threads: threads)
    for stopAt in [UInt64(0), 1, 5] {
      let calls = Calls()
      calls.stopAt = stopAt
      calls.cancel = byAnswer ? nil : session.handle
      let (status, answers) = BatchTests.run(session, BatchTests.images(), calls.options)
      expect(status, CAL_ERR_CANCELLED)
      let sentence = lastError
      var finished = 0
      for (i, answer) in answers.enumerated() {
        if answer.status == "CAL_OK" {
          #expect(answer.bits == BatchTests.alone[i])
          finished += 1
        } else {
          #expect(answer.status == "CAL_ERR_CANCELLED" && answer.error.contains("cancelled"))
          #expect(answer.result.width == 0 && answer.result.ranked_count == 0)
        }
      }
      #expect(finished >= stopAt && finished < 13)
      if threads == 1 { #expect(finished == stopAt) }
      #expect(sentence.contains("\(finished) of 13"))
    }
    // The session is good for the next call.
    #expect(BatchTests.run(session, BatchTests.images()).answers.map(\.bits) == BatchTests.alone)
  }

  @Test func cancellingWhenAllIsDoneIsNoError() {
    let session = TestSession()
    let calls = Calls()
    calls.stopAt = 13
    let (status, answers) = BatchTests.run(session, BatchTests.images(), calls.options)
    expect(status, CAL_OK)
    #expect(answers.map(\.bits) == BatchTests.alone)
  }

  @Test func oneImageIsCancelledBeforeItBegins() {
    let session = TestSession()
    let calls = Calls()
    calls.stopAt = 0
    let answer = session.attribute(BatchTests.images()[0], calls.options)
    #expect(answer.status == "CAL_ERR_CANCELLED" && calls.done == [0])
  }

  @Test func cancelledFromAnotherThread() {
    let session = TestSession(threads: 2)
    let big = Picture(900, 900, seed: 1)
    let canceller = Canceller(session.handle)
    let images = [cal_image](repeating: big.image, count: 500)
    let (status, answers) = BatchTests.run(session, images)
    canceller.stop()
    #expect(name(status) == "CAL_ERR_CANCELLED")
    #expect(answers.contains { $0.status == "CAL_ERR_CANCELLED" })
  }
}

/// Cancels what a session does, over and over, from a thread of its own.
private final class Canceller: Sendable {
  private let stopping = Atomic<Bool>(false)
  nonisolated(unsafe) private let session: OpaquePointer?
  nonisolated(unsafe) private var thread: CALTests.Thread?

  init(_ session: OpaquePointer?) {
    self.session = session
    thread = CALTests.Thread { [unowned self] in
      while !stopping.load(ordering: .relaxed) { _ = cal_session_cancel(self.session) }
    }
  }

  func stop() {
    stopping.store(true, ordering: .relaxed)
    thread?.join()
  }
}
