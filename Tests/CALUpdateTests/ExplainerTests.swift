import CALModel
import CALTestSupport
import Testing

@testable import CALUpdate

/// An updater comes to the answers that attribution gives.
@Suite struct ExplainerTests {
  private func stream() -> Stream {
    var stream = Stream(seed: 21)
    for method in 0..<Fixture.known { stream.addKnown(100, method, noise: 0.5) }
    stream.add(30, around: Fixture.axis(9), noise: 0.3)
    return stream
  }

  private func single(_ model: Model, _ feature: [Float]) throws -> (id: UInt64, bits: UInt32) {
    let bank = model.bank
    var logits = [Float](repeating: 0, count: bank.active.count)
    var span = logits.mutableSpan
    #expect(bank.logits(of: feature.span, into: &span))
    var probabilities = logits
    var others = probabilities.mutableSpan
    #expect(model.decision.probabilities(of: logits.span, into: &others))
    let top = try #require(logits.indices.max { logits[$0] < logits[$1] })
    return (bank.prototypes[bank.active[top]].id, probabilities[top].bitPattern)
  }

  @Test func answersHaveTheBitsOfAttribution() throws {
    let (model, stream) = (try Fixture.model(), stream())
    let explainer = Explainer(model)
    let answers = explainer.answers(stream.features.span)
    #expect(answers.count == stream.count)
    for image in 0..<stream.count {
      let feature = Array(
        stream.features[image * Fixture.features..<(image + 1) * Fixture.features])
      let expected = try single(model, feature)
      let answer = try #require(answers[image])
      #expect(answer.id == expected.id && answer.probability.bitPattern == expected.bits)
      #expect(explainer.answers(feature.span) == [answer])
    }
    #expect(answers.contains { $0?.isExplained == true })
    #expect(answers.contains { $0?.isExplained == false })
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude])
  func numbersThatAreNotFiniteAreNoAnswer(number: Float) throws {
    var features = stream().features
    features[3 * Fixture.features + 1] = number
    let answers = Explainer(try Fixture.model()).answers(features.span)
    #expect(answers.indices.filter { answers[$0] == nil } == [3])
    let updater = try Updater.create(
      "state", model: Fixture.model(),
      options: {
        var o = Updater.Options()
        o.files = SimulatedDisk().files
        return o
      }())
    #expect {
      try updater.observe(features.span, keys: stream().keys)
    } throws: {
      "\($0)".contains("features[3]")
    }
    #expect(updater.tally.seen == 0)
  }
}
