import CALModel
import CALNetwork
import CALTestSupport
import Testing

@Suite struct NetworkTests {
  private final class OneImage: ImageJob {
    let pixels: [Float]
    var features: [Float] = []
    var map: [Float] = []

    init(pixels: [Float]) { self.pixels = pixels }

    override func prepare(image: Int, worker: Int, input: inout MutableSpan<Float>) -> Bool {
      for i in pixels.indices { input[i] = pixels[i] }
      return true
    }

    override func finish(image: Int, worker: Int, features: Span<Float>, map: Span<Float>) {
      self.features = features.withUnsafeBufferPointer { Array($0) }
      self.map = map.withUnsafeBufferPointer { Array($0) }
    }
  }

  @Test func isPackedOncePerKernelSet() throws {
    let model = try load(ModelDraft().bytes())
    let first = try model.network(for: .portable)
    #expect(first.kernels == .portable && first.spec == model.spec)
    #expect(try model.network(for: .portable) === first)
    #expect(try model.network(for: .reference) !== first)
  }

  @Test func isPackedOnceForAllThreads() async throws {
    let model = try load(ModelDraft().bytes())
    let networks = try await withThrowingTaskGroup(of: Network.self) { group in
      for _ in 0..<8 { group.addTask { try model.network(for: .portable) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(networks.count == 8 && networks.allSatisfy { $0 === networks[0] })
  }

  /// From file bytes to logits and evidence: the map of every prototype sums to its logit, on
  /// the kernels of this CPU and on the reference path.
  @Test(arguments: KernelSet.allCases.filter(\.isAvailable))
  func evidenceOfARealMapSumsToTheLogit(kernels: KernelSet) throws {
    let model = try load(ModelDraft().bytes())
    let executor = try Executor(network: model.network(for: kernels), threads: 1)
    var random = Chance(seed: 21)
    let job = OneImage(pixels: random.floats(3 * 16 * 16))
    executor.run(count: 1, job: job)

    var logits = [Float](repeating: 0, count: model.bank.active.count)
    var span = logits.mutableSpan
    #expect(model.bank.logits(of: job.features.span, into: &span))
    for row in logits.indices {
      var values = [Float](repeating: 0, count: model.spec.mapSize * model.spec.mapSize)
      var target = values.mutableSpan
      let fits = model.bank.evidence(
        row: row, map: job.map.span, mapStride: executor.mapStride,
        scale: executor.network.neckScale, shift: executor.network.neckShift,
        isUnit: model.spec.neck.isUnit, into: &target)
      #expect(fits)
      let sum = values.reduce(0.0) { $0 + Double($1) }
      let logit = Double(logits[row])
      #expect(abs(sum - logit) < 1e-5 * max(1, abs(logit)), "\(kernels.name), row \(row)")
    }
  }
}
