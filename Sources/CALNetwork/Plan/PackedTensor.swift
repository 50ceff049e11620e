import CKernels
import Synchronization

/// A convolution's weights where a plan has them packed, and what it takes to have the file's back,
/// bit for bit: so that whoever lent them need not keep them.
package final class PackedTensor: @unchecked Sendable {
  /// Of the parameter.
  package let name: String
  private let out: Int
  private let input: Int
  private let kernel: Int
  private let scale: [Float]
  private let packed: Place
  private let rest: ZeroedMemory
  private let isExact = Atomic<Bool>(true)

  struct Place {
    var memory: FloatMemory
    var panelWidth: Int32
    var depth: Int
    /// The first row of these weights in every panel.
    var row: Int
  }

  /// nil: it is not worth it, or memory is short.
  init?(_ convolution: FoldedConvolution, at packed: Place) {
    let count = convolution.weights.count
    guard 4 * count >= PackedTensor.leastBytes,
      let rest = ZeroedMemory(byteCount: count)
    else { return nil }
    name = convolution.name
    out = convolution.out
    input = convolution.input
    kernel = convolution.kernel
    scale = convolution.scale
    self.packed = packed
    self.rest = rest
  }

  /// Takes what is missing for the outputs of a panel; any thread.
  func take(_ filter: UnsafePointer<calk_filter>, panel: Int32) {
    let begin = min(panel * packed.panelWidth, Int32(out))
    let end = min(begin + packed.panelWidth, Int32(out))
    if !calk_fold_rest(filter, begin, end, restBytes) { isExact.store(false, ordering: .relaxed) }
  }

  /// Whether all panels were such that nothing is lost.
  var isComplete: Bool { isExact.load(ordering: .relaxed) }

  package var byteCount: Int { 4 * out * input * kernel * kernel }

  package var values: [Float] {
    [Float](unsafeUninitializedCapacity: byteCount / 4) { target, initialised in
      if let start = target.baseAddress { restore(into: start) }
      initialised = byteCount / 4
    }
  }

  /// Writes the weights as they stood; `target` has `byteCount` bytes.
  package func restore(into target: UnsafeMutableRawPointer) {
    scale.withUnsafeBufferPointer { scale in
      var filter = calk_filter(out: out, in: input, kernel: kernel, weights: nil)
      filter.scale = scale.baseAddress
      calk_unfold(
        packed.panelWidth, Int64(packed.depth), Int64(packed.row), &filter, packed.memory.base,
        restBytes, target)
    }
  }

  private var restBytes: UnsafeMutablePointer<Int8> {
    rest.base.bindMemory(to: Int8.self, capacity: rest.byteCount)
  }

  /// Less would give back hardly a page.
  private static let leastBytes = 128 << 10
}
