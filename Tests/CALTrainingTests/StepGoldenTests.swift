import CALLearning
import CALNetwork
import CALTestSupport
import Foundation
import Testing

@testable import CALTraining

/// Three steps of training as PyTorch made them (golden/basic.*, golden/bottleneck.*).
private struct GoldenSteps: Decodable {
  let block: String
  let depths: [Int]
  let width, stem, size, known, prototypes: Int
  let tag, target: [Int32]
  let steps: [Terms]

  struct Terms: Decodable {
    let supervised, regulariser, ccr, acr, total: Double
    let acrSelected: Int
  }

  var spec: NetworkSpec {
    let stages = depths.enumerated().map { i, blocks in
      let inner = width << i
      return NetworkSpec.Stage(
        blocks: blocks, innerChannels: inner, outChannels: block == "basic" ? inner : 4 * inner,
        stride: i == 0 ? 1 : 2)
    }
    return NetworkSpec(
      block: block == "basic" ? .basic : .bottleneck,
      stem: .init(kernel: 7, stride: 2, channels: stem, maxPool: true), stages: stages,
      ffe: .init(), neck: .batchNorm(epsilon: 1e-5), inputSize: size)
  }

  static func read(_ name: String) throws -> GoldenSteps {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(
      GoldenSteps.self,
      from: Data(contentsOf: Shared.folder!.appending(path: "golden/\(name).json")))
  }

  /// PyTorch's name of a tensor of ours.
  static func theirs(_ name: String) -> String {
    if name == ParameterLayout.prototypesName { return "encoder.fc2" }
    let rules = [
      ("backbone.", "encoder.encoder."), ("ffe.", "encoder.fft_attn_module.freq_attn_net."),
      ("neck.", "encoder.bottleneck."),
    ]
    for (ours, theirs) in rules where name.hasPrefix(ours) {
      return theirs + name.dropFirst(ours.count)
    }
    return name
  }
}

private final class Batch: BatchJob {
  private let weak: [Float]
  private let strong: [Float]

  init(weak: [Float], strong: [Float]) {
    self.weak = weak
    self.strong = strong
  }

  override func prepare(
    image: Int, worker: Int, weak: inout MutableSpan<Float>, strong: inout MutableSpan<Float>
  ) {
    for i in 0..<weak.count {
      weak[i] = self.weak[image * weak.count + i]
      strong[i] = self.strong[image * strong.count + i]
    }
  }
}

@Suite(.enabled(if: Shared.isPresent, "golden numbers not found: set CAL_SHARED"))
struct StepGoldenTests {
  static let sets = KernelSet.allCases.filter { $0 != .reference && $0.isAvailable }

  @Test(arguments: ["basic", "bottleneck"], sets)
  func threeSteps(_ name: String, _ kernels: KernelSet) throws {
    let golden = try GoldenSteps.read(name)
    let numbers = try Shared.golden("\(name).golden").tensors
    let start = try Shared.golden(name).tensors
    let images = golden.tag.count
    let network = try TrainingNetwork(
      spec: golden.spec, prototypes: golden.prototypes, images: images, kernels: kernels,
      threads: 2)
    let layout = network.layout
    var learner = try Learner(
      network, known: golden.known,
      state: .init(
        parameters: layout.entries.flatMap { start[GoldenSteps.theirs($0.parameter.name)]! }))
    var settings = ObjectiveSettings()
    settings.recipe = .paper
    settings.epoch = 6
    settings.gamma = 0.3
    settings.novelThreshold = 0.1
    let job = Batch(weak: numbers["input"]!, strong: numbers["strong"]!)

    var trail = Trail(numbers, learner.state.parameters)
    for (i, expected) in golden.steps.enumerated() {
      let step = try learner.step(
        tags: golden.tag, targets: golden.target, job: job, settings: settings,
        adam: Adam(.init(), rate: 2e-4, step: i + 1))
      trail.add(step.terms, expected)
      if i == 0 { trail.compare(layout, learner.lastGradients, "grad.") }
    }
    trail.compare(layout, learner.state.parameters, "after3.")

    if name == "basic" {
      #expect(trail.termErrors[0] < 2e-4)
      #expect(trail.largest["grad."]! < 2e-4)
      // The first gradient of layer2.0.downsample.0.weight[22] is 3.5e-5, and L2 takes all but
      // 1e-7 of it away: rounding decides its sign, and so the direction of Adam's whole first
      // step. Of 16 runs, 14 of them with every weight moved to a neighbouring float, 11 went the
      // other way and were then, all alike, off by 0.0022 in a term and by 0.013 of the way.
      #expect(trail.termErrors.allSatisfy { $0 < 4e-3 })
      #expect(trail.distance["after3."]! < 0.02)
    } else {
      // 6 images of 3 x 3 positions at the end of 50 layers: some values stand so near to 0 that
      // rounding decides on their ReLU. PyTorch in double precision differs from these numbers
      // by 0.006 of the gradient's length and, three steps on, by 0.36 of the way and 0.38 in a
      // term; in single precision with weights changed by 1e-6, by 0.04, 0.61 and 0.66.
      #expect(trail.termErrors[0] < 1e-3)
      #expect(trail.distance["grad."]! < 0.05)
      #expect(trail.distance["after3."]! < 0.75)
    }
  }
}

/// How far a training is from the golden one.
private struct Trail {
  private let numbers: [String: [Float]]
  private let start: [Float]
  /// Per step, the largest difference of a term of the objective.
  private(set) var termErrors: [Double] = []
  /// The largest difference of a number, relative to the largest of its tensor.
  private(set) var largest: [String: Double] = [:]
  /// The length of the difference of everything trained, relative to that of the golden gradient
  /// or way from the start.
  private(set) var distance: [String: Double] = [:]

  init(_ numbers: [String: [Float]], _ start: [Float]) {
    self.numbers = numbers
    self.start = start
  }

  mutating func add(_ terms: Objective.Terms, _ expected: GoldenSteps.Terms) {
    let pairs = [
      (terms.supervised, expected.supervised), (terms.regulariser, expected.regulariser),
      (terms.ccr, expected.ccr), (terms.acr, expected.acr), (terms.total, expected.total),
    ]
    // NaN is larger than any bound.
    termErrors.append(pairs.map { abs($0 - $1) }.reduce(0) { $1 <= $0 ? $0 : $1 })
  }

  mutating func compare(_ layout: ParameterLayout, _ found: [Float], _ prefix: String) {
    var (away, way) = (0.0, 0.0)
    for entry in layout.entries {
      guard let right = numbers[prefix + GoldenSteps.theirs(entry.parameter.name)],
        right.count == entry.range.count
      else {
        #expect(!entry.isTrained, "\(prefix)\(entry.parameter.name) is missing")
        continue
      }
      let ours = Array(found[entry.range])
      largest[prefix] = max(largest[prefix] ?? 0, relativeError(ours, right))
      guard entry.isTrained else { continue }
      for (i, place) in entry.range.enumerated() {
        let origin = prefix == "grad." ? 0 : start[place]
        away += pow(Double(ours[i] - right[i]), 2)
        way += pow(Double(right[i] - origin), 2)
      }
    }
    distance[prefix] = (away / way).squareRoot()
  }
}
