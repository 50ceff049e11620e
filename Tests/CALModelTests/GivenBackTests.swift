import CALNetwork
import CALTestSupport
import Testing

@testable import CALModel

/// A model gives the memory of weights back that a network holds, and no one can tell.
@Suite struct GivenBackTests {
  /// Large enough for its bytes to lie in pages of their own.
  private static let bytes: [UInt8] = {
    var draft = ModelDraft()
    draft.stages = [
      .init(blocks: 1, inner: 64, out: 64, stride: 1),
      .init(blocks: 1, inner: 144, out: 144, stride: 2),
      .init(blocks: 1, inner: 192, out: 8, stride: 2),
    ]
    draft.block = 2
    var random = Chance(seed: 5)
    draft.fillTensors(&random)
    return draft.bytes()
  }()

  private func bytes(of model: Model) -> [UInt8] { model.withBytes { $0.array(0..<$0.byteCount) } }

  @Test func theBytesStayTheSame() throws {
    let model = try load(Self.bytes)
    #expect(model.file.keptCount == model.fileSize)
    _ = try model.network(for: .best, threads: 2)
    let kept = model.file.keptCount
    #if os(Linux)
      #expect(kept < model.fileSize * 3 / 4)
    #endif
    // Twice: what was filled in is given back again.
    for _ in 0..<2 {
      #expect(bytes(of: model) == Self.bytes)
      #expect(model.file.keptCount == kept)
    }
    // While someone reads, all of it is there.
    model.withBytes { _ in
      #expect(model.file.keptCount == model.fileSize)
      #expect(bytes(of: model) == Self.bytes)
      #expect(model.file.keptCount == model.fileSize)
    }
  }

  @Test func tensorsStayTheSame() throws {
    let fresh = try load(Self.bytes)
    let model = try load(Self.bytes)
    _ = try model.network(for: .best)
    for parameter in model.spec.parameters {
      #expect(model.values(of: parameter) == fresh.values(of: parameter), "\(parameter.name)")
    }
  }

  /// Another set of kernels is packed from what the first one holds.
  @Test func anotherNetworkStaysTheSame() throws {
    let model = try load(Self.bytes)
    for kernels in [KernelSet.best, .portable] {
      let own = try load(Self.bytes)
      #expect(
        try features(model.network(for: kernels)) == features(own.network(for: kernels)))
      #expect(bytes(of: model) == Self.bytes)
    }
  }

  @Test func whileOthersReadAndPack() async throws {
    let model = try load(Self.bytes)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<3 { group.addTask { bytes(of: model) == Self.bytes } }
      for kernels in [KernelSet.best, .portable] {
        group.addTask { try model.network(for: kernels, threads: 2).kernels == kernels }
        group.addTask { bytes(of: model) == Self.bytes }
        group.addTask {
          model.spec.parameters.allSatisfy { model.values(of: $0).count == $0.count }
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
    #expect(bytes(of: model) == Self.bytes)
  }

  private final class OneImage: ImageJob {
    var features: [Float] = []

    override func prepare(image: Int, worker: Int, input: inout MutableSpan<Float>) -> Bool {
      var random = Chance(seed: 9)
      for i in 0..<input.count { input[i] = random.uniform() }
      return true
    }

    override func finish(image: Int, worker: Int, features: Span<Float>, map: Span<Float>) {
      self.features = features.withUnsafeBufferPointer { Array($0) }
    }
  }

  private func features(_ network: Network) throws -> [Float] {
    let job = OneImage()
    try Executor(network: network, threads: 1).run(count: 1, job: job)
    return job.features
  }
}
