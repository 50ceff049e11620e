import CALModel
import CALTestSupport
import Testing

/// Damage of every kind gives a model or a `ModelError`; anything else ends the test process.
@Suite struct DamageTests {
  /// Loads, and if that works uses what a session would use. Gives the error.
  private func survives(_ bytes: [UInt8]) -> ModelError? {
    do throws(ModelError) {
      let model = try load(bytes)
      for parameter in model.spec.parameters { _ = model.values(of: parameter) }
      let features = [Float](repeating: 0.5, count: model.bank.featureCount)
      var logits = [Float](repeating: 0, count: model.bank.active.count)
      var span = logits.mutableSpan
      _ = model.bank.logits(of: features.span, into: &span)
      _ = try model.serialised(with: model.bank)
      // As a commit counts on.
      let old = model.bank
      let next = try? Bank(
        epoch: old.epoch + 1, nextID: old.nextID + 1, featureCount: old.featureCount,
        prototypes: old.prototypes)
      #expect((next == nil) == (max(old.epoch, old.nextID) == Limit.counter))
      return nil
    } catch {
      return error
    }
  }

  @Test func everyTruncationIsAnError() {
    let bytes = ModelDraft().bytes()
    for length in 0..<bytes.count {
      let error = survives(Array(bytes[..<length]))
      #expect(error != nil, "cut to \(length) of \(bytes.count) bytes")
    }
  }

  /// Every bit before the tensors, one at a time: all structure and all small values.
  @Test func flipsOfTheHead() {
    let draft = ModelDraft()
    let bytes = draft.bytes()
    var loaded = 0
    for bit in 0..<8 * draft.headCount {
      var damaged = bytes
      damaged[bit / 8] ^= 1 << (bit % 8)
      if survives(damaged) == nil { loaded += 1 }
    }
    // A flip within a number or a text often gives another good one; in structure never.
    #expect(loaded > 0 && loaded < 8 * draft.headCount)
  }

  /// The largest numbers that a varint has, and those around the limit.
  @Test func countersAtTheirEnds() {
    for value in [Limit.counter - 1, Limit.counter, Limit.counter + 1, 1 << 63, .max] {
      for place in [\ModelDraft.epoch, \.nextID, \.prototypes[0].usage, \.prototypes[1].usage] {
        var draft = ModelDraft()
        draft[keyPath: place] = value
        #expect((survives(draft.bytes()) == nil) == (value <= Limit.counter))
      }
    }
  }

  @Test func flipsAnywhere() {
    let bytes = ModelDraft().bytes()
    var random = Chance(seed: 11)
    for _ in 0..<2000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let bit = Int.random(in: 0..<8 * bytes.count, using: &random)
        damaged[bit / 8] ^= 1 << (bit % 8)
      }
      _ = survives(damaged)
    }
  }

  /// Pieces cut out, doubled, or overwritten with extreme bytes.
  @Test func splicesAnywhere() {
    let draft = ModelDraft()
    let bytes = draft.bytes()
    var random = Chance(seed: 12)
    for round in 0..<3000 {
      var damaged = bytes
      // Half of them in the head, which is small but has most of the rules.
      let end = round % 2 == 0 ? draft.headCount : bytes.count
      let start = Int.random(in: 5..<end, using: &random)
      let piece = start..<min(start + Int.random(in: 1...40, using: &random), bytes.count)
      switch round / 2 % 4 {
      case 0: damaged.removeSubrange(piece)
      case 1: damaged.insert(contentsOf: bytes[piece], at: start)
      case 2: damaged.replaceSubrange(piece, with: repeatElement(0xff, count: piece.count))
      default:
        let noise = piece.map { _ in UInt8.random(in: 0...255, using: &random) }
        damaged.replaceSubrange(piece, with: noise)
      }
      _ = survives(damaged)
    }
  }

  @Test func noiseIsNotAModel() {
    var random = Chance(seed: 13)
    let magic: [UInt8] = [0x0d, 0x43, 0x41, 0x4c, 0x4d, 0x10, 0x01]
    for _ in 0..<2000 {
      let noise = (0..<Int.random(in: 0...200, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      #expect(survives(noise) != nil)
      #expect(survives(magic + noise) != nil)
    }
  }
}
