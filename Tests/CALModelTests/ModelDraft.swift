import CALModel
import CALNetwork
import CALTestSupport

/// A small model as plain values, good as it stands; tests break one of them and look at what
/// loading says. Bytes are made by `Wire`, not by the code under test.
struct ModelDraft: Sendable {
  struct Entry: Sendable {
    var id: UInt64
    var kind: UInt64
    var name: [UInt8] = []
    var vector: [UInt8] = []
    var usage: UInt64 = 0
    var confidenceSum = 0.0
    var birthEpoch: UInt64 = 0
    var mergedInto: UInt64 = 0
    var extra: [UInt8] = []
  }

  struct Tensor: Sendable {
    var name: String
    var shape: [UInt64]
    var type: UInt64 = 1
    var data: [UInt8]
    var extra: [UInt8] = []
  }

  struct Quantisation: Sendable {
    var inputs: [(name: String, range: Float)]
    var images: UInt64 = 200
    var agreeing: UInt64 = 198
    var change: Float = 0.125
    var isDefault: UInt64 = 1
    var extra: [UInt8] = []
  }

  struct Stage: Sendable {
    var blocks: UInt64
    var inner: UInt64
    var out: UInt64
    var stride: UInt64
  }

  var magic: UInt32 = 0x4d4c_4143
  var version: UInt64 = 1

  var size: UInt64 = 16
  var mean: [Float] = [0.485, 0.456, 0.406]
  var deviation: [Float] = [0.229, 0.224, 0.225]
  var filter: UInt64 = 1

  var block: UInt64 = 1
  var stem: (kernel: UInt64, stride: UInt64, channels: UInt64, maxPool: UInt64) = (3, 1, 4, 0)
  var stages = [
    Stage(blocks: 1, inner: 4, out: 4, stride: 1), Stage(blocks: 1, inner: 8, out: 8, stride: 2),
  ]
  var ffe: (hidden: UInt64, grid: UInt64)? = (2, 4)
  var neck: (kind: UInt64, epsilon: Float) = (2, 1e-5)
  /// Of the neck of kind 4.
  var features: UInt64 = 8
  var epsilon: Float = 1e-5

  var epoch: UInt64 = 7
  var nextID: UInt64 = 40
  var prototypes: [Entry] = []

  var knownThreshold: Float = 0.5
  var novelThreshold: Float = 0.25
  var temperature: Float = 0.75

  var creator = "draft"
  var details = "two\nlines"
  var parent = [UInt8](0..<32)
  var source = String(repeating: "0a", count: 32)

  var tensors: [Tensor] = []
  var quantisation: Quantisation?

  /// Fields to stand at the end of a message.
  var extraInModel: [UInt8] = []
  var extraInBank: [UInt8] = []
  var extraInStem: [UInt8] = []

  init(seed: UInt64 = 1) {
    var random = Chance(seed: seed)
    let vectors = (0..<3).map { _ in littleEndian(random.floats(8)) }
    prototypes = [
      Entry(
        id: 3, kind: 1, name: Array("Gerät α".utf8), vector: vectors[0], usage: 11,
        confidenceSum: 8.5, birthEpoch: 0),
      Entry(id: 17, kind: 3, name: Array("old".utf8), usage: 5, birthEpoch: 2, mergedInto: 9),
      Entry(id: 9, kind: 2, vector: vectors[1], usage: 4, confidenceSum: 1.25, birthEpoch: 7),
      Entry(id: 4, kind: 3, birthEpoch: 1, mergedInto: 4),
      Entry(id: 39, kind: 1, name: Array("two".utf8), vector: vectors[2]),
    ]
    fillTensors(&random)
  }

  /// Makes the tensors that the network described now needs.
  mutating func fillTensors(_ random: inout Chance) {
    tensors = spec.parameters.map { parameter in
      var values = random.floats(parameter.count)
      if parameter.role == .variance { values = values.map { $0 * $0 + 0.1 } }
      return Tensor(
        name: parameter.name, shape: parameter.shape.map { UInt64($0) },
        data: littleEndian(values))
    }
  }

  /// Adds what int8 needs; the ranges are different powers of two.
  mutating func quantise() {
    quantisation = Quantisation(
      inputs: spec.quantisable.enumerated().map { i, name in
        (name, Float(sign: .plus, exponent: i - 2, significand: 1))
      })
  }

  /// The values above as the loaded model should have them.
  var spec: NetworkSpec {
    NetworkSpec(
      block: block == 1 ? .basic : .bottleneck,
      stem: .init(
        kernel: Int(stem.kernel), stride: Int(stem.stride), channels: Int(stem.channels),
        maxPool: stem.maxPool == 1),
      stages: stages.map {
        .init(
          blocks: Int($0.blocks), innerChannels: Int($0.inner), outChannels: Int($0.out),
          stride: Int($0.stride))
      },
      ffe: ffe.map { .init(hiddenChannels: Int($0.hidden), grid: Int($0.grid)) },
      neck: [
        2: .batchNorm(epsilon: neck.epsilon), 3: .batchNormUnit(epsilon: neck.epsilon),
        4: .statistics(features: Int(features)),
      ][neck.kind] ?? .none,
      normEpsilon: epsilon, inputSize: Int(size))
  }
}
