import CALNetwork

/// For each of so many images its top row of the bank and the probabilities of all rows, in one
/// block of memory. Different images may be noted at the same time.
final class NotedAnswers: @unchecked Sendable {
  private let memory: ZeroedMemory
  private let tops: UnsafeMutablePointer<Int32>
  private let values: UnsafeMutablePointer<Float>
  private let prototypes: Int

  /// Nil when memory is short.
  init?(images: Int, prototypes: Int) {
    let (numbers, overflow) = images.multipliedReportingOverflow(by: 4 * (prototypes + 1))
    guard !overflow, let memory = ZeroedMemory(byteCount: numbers) else { return nil }
    self.memory = memory
    self.prototypes = prototypes
    tops = memory.base.bindMemory(to: Int32.self, capacity: images)
    values = (memory.base + 4 * images).bindMemory(
      to: Float.self, capacity: images * prototypes)
  }

  func note(_ image: Int, top: Int32, _ probabilities: [Float]) {
    tops[image] = top
    (values + image * prototypes).update(from: probabilities, count: prototypes)
  }

  func top(_ image: Int) -> Int32 { tops[image] }

  func probabilities(_ image: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: values + image * prototypes, count: prototypes)
  }
}
