import CALTestSupport
import Testing

@testable import CALLearning

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

@Suite struct TemperatureScalingTests {
  /// Labels drawn by the probabilities that logits have at a temperature give that temperature.
  @Test(arguments: [0.25, 1.0, 3.0])
  func findsTheTemperatureOfTheLabels(_ temperature: Double) {
    var random = CALLearning.Random(seed: 4, purpose: .weights, epoch: 0, index: 0)
    var (logits, labels) = ([[Double]](), [Int]())
    for _ in 0..<6000 {
      let row = (0..<5).map { _ in 2 * temperature * random.normal() }
      let weights = row.map { exp($0 / temperature) }
      var left = random.double() * weights.reduce(0, +)
      var label = 0
      while label < 4, left >= weights[label] {
        left -= weights[label]
        label += 1
      }
      logits.append(row)
      labels.append(label)
    }
    let found = TemperatureScaling.temperature(logits, labels: labels)
    #expect(abs(found / temperature - 1) < 0.08)
  }

  /// Of n images that are all right, n + 1 in n + 2 would be.
  @Test(arguments: [2, 50])
  func imagesThatAreAllRightDoNotMakeItCertain(_ count: Int) {
    let logits = (0..<count).map { $0 % 2 == 0 ? [9.0, 0] : [0, 9] }
    let found = TemperatureScaling.temperature(logits, labels: (0..<count).map { $0 % 2 })
    let probability = TemperatureScaling.largestProbability(logits[0], found)
    #expect(abs(probability - Double(count + 1) / Double(count + 2)) < 1e-9)
  }

  @Test func staysInItsRange() {
    let sure = TemperatureScaling.temperature([[0.1, 0], [0, 0.1]], labels: [0, 1])
    let wrong = TemperatureScaling.temperature([[9, 0], [0, 9]], labels: [1, 0])
    #expect(abs(sure - 0.1 / log(3)) < 1e-9)
    #expect(abs(wrong / TemperatureScaling.range.upperBound - 1) < 1e-6)
    #expect(TemperatureScaling.temperature([], labels: []) == 1)
    #expect(TemperatureScaling.temperature([[1e300, 0]], labels: [0]).isFinite)
  }

  @Test func theLargestProbabilityIsTheSoftmaxs() {
    let found = TemperatureScaling.largestProbability([1, 3, 2], 2)
    #expect(abs(found - exp(1.5) / (exp(0.5) + exp(1.5) + exp(1))) < 1e-12)
  }
}
