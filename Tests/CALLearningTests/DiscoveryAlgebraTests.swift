import CALTestSupport
import Testing

@testable import CALLearning

@Suite struct DiscoveryAlgebraTests {
  private func matrix(_ size: Int, seed: UInt64) -> SymmetricMatrix {
    var chance = Chance(seed: seed)
    var matrix = SymmetricMatrix(size: size)
    for _ in 0..<2 * size {
      matrix.addSquare(of: chance.floats(size, in: -1...1).map(Double.init))
    }
    return matrix
  }

  @Test(arguments: [1, 2, 7, 30])
  func theFactorSolvesWhatTheMatrixMultiplies(_ size: Int) throws {
    let matrix = matrix(size, seed: UInt64(size))
    let factor = try #require(TriangularFactor(matrix))
    var chance = Chance(seed: 99)
    let x = chance.floats(size, in: -1...1).map(Double.init)
    // L^-T L^-1 (A x) = x.
    let back = factor.solveTransposed(factor.solve(matrix.times(x)))
    for i in 0..<size { #expect(abs(back[i] - x[i]) < 1e-9) }
  }

  @Test func aMatrixThatIsNotDefiniteHasNoFactor() {
    var matrix = SymmetricMatrix(size: 3)
    matrix.addSquare(of: [1, 2, 3])
    #expect(TriangularFactor(matrix) == nil)
    matrix.values[0] = .nan
    #expect(TriangularFactor(matrix) == nil)
  }

  @Test func shrinkingKeepsTheTrace() {
    var shrunk = matrix(9, seed: 4)
    let before = shrunk.trace
    shrunk.shrink(0.3)
    #expect(abs(shrunk.trace - before) < 1e-9)
  }

  /// Eigenvalues 1, 1/2, 1/3, ... in a rotated basis.
  @Test func principalAxesAreTheLeadingEigenvectors() {
    let size = 40
    var random = CALLearning.Random(seed: 1, purpose: .weights, epoch: 0, index: 0)
    let axes = PrincipalAxes.find(size, size: size, &random) { $0 }
    func apply(_ x: [Double]) -> [Double] {
      var sum = Array(repeating: 0.0, count: size)
      for (i, axis) in axes.enumerated() {
        let weight = dot(axis, x) / Double(i + 1)
        for c in sum.indices { sum[c] += weight * axis[c] }
      }
      return sum
    }
    let found = PrincipalAxes.find(5, size: size, &random, apply)
    for (i, axis) in found.enumerated() {
      #expect(abs(dot(axis, axis) - 1) < 1e-9)
      #expect(abs(dot(axis, axes[i])) > 0.999)
    }
  }

  /// Of a sum of three squares there are three axes, however many are asked for; of nothing one.
  @Test func thereAreNoAxesOfNothing() {
    let size = 40
    var random = CALLearning.Random(seed: 1, purpose: .weights, epoch: 0, index: 0)
    let rows = (0..<3).map { _ in (0..<size).map { _ in random.normal() } }
    let found = PrincipalAxes.find(20, size: size, &random) { x in
      var sum = Array(repeating: 0.0, count: size)
      for row in rows { add(row, times: dot(row, x), to: &sum) }
      return sum
    }
    #expect(found.count == 3)
    #expect(PrincipalAxes.find(20, size: size, &random) { $0.map { _ in 0 } }.count == 1)
  }

  @Test func sphericalMeansFindsSeparatedDirections() {
    var random = CALLearning.Random(seed: 2, purpose: .weights, epoch: 0, index: 0)
    var rows = FloatRows(width: 6)
    for i in 0..<120 {
      rows.append(direction: (0..<6).map { Float(($0 == i % 4 ? 1 : 0) + 0.05 * random.normal()) })
    }
    let means = SphericalMeans(rows, count: 4, starts: 3, rounds: 20, &random)
    for row in 0..<rows.count { #expect(means.cluster[row] == means.cluster[row % 4]) }
    #expect(Set(means.cluster) == [0, 1, 2, 3])
    for (centre, own) in means.cluster.prefix(4).enumerated() {
      #expect(means.centres[own][centre] > 0.99)
    }
  }

  /// No more clusters than there are directions, and none of no rows.
  @Test func sphericalMeansOfFewDirections() {
    var random = CALLearning.Random(seed: 4, purpose: .weights, epoch: 0, index: 0)
    let rows = FloatRows((0..<10).map { [$0 % 2 == 0 ? 1 : 0, $0 % 2 == 0 ? 0 : 1] })
    let means = SphericalMeans(rows, count: 5, starts: 1, rounds: 3, &random)
    #expect(means.centres.count == 2)
    for row in 0..<10 { #expect(means.cluster[row] == means.cluster[row % 2]) }
    #expect(means.cluster[0] != means.cluster[1])
    let none = SphericalMeans(FloatRows(width: 3), count: 5, starts: 1, rounds: 3, &random)
    #expect(none.cluster.isEmpty && none.centres.count == 0)
  }

  /// A group cut in two is one method again; two groups that do not touch stay two.
  @Test func partsMergeUnlessTheyAreSeparated() {
    var random = CALLearning.Random(seed: 3, purpose: .weights, epoch: 0, index: 0)
    func group(_ at: [Double], _ count: Int) -> [[Double]] {
      (0..<count).map { _ in at.map { $0 + 0.1 * random.normal() } }
    }
    let one = group([1, 0, 0], 100).sorted { $0[1] < $1[1] }
    let two = group([0, 1, 0], 60)
    var merging = PartMerging(
      [Array(0..<50), Array(50..<100), Array(100..<160)], known: 0, of: one + two, .init())
    merging.run(total: nil)
    #expect(merging.members.map { Set($0) } == [Set(0..<100), Set(100..<160)])

    // Known classes never merge with each other, whatever is asked.
    var classes = PartMerging(
      [Array(0..<50), Array(50..<100)], known: 2, of: one, .init())
    classes.run(total: 1)
    #expect(classes.members.count == 2)
  }

  /// A class of which little is known takes its own images, and not the method beside it.
  @Test(arguments: [6, 40])
  func aClassWithFewLabelsDoesNotTakeAnotherMethod(_ labelled: Int) {
    var random = CALLearning.Random(seed: 3, purpose: .weights, epoch: 0, index: 0)
    var (vectors, groups) = ([[Double]](), [[Int]]())
    for (axis, count) in [(0, 40), (1, labelled), (1, 64), (2, 64), (2, 64), (3, 64)] {
      groups.append(Array(vectors.count..<vectors.count + count))
      for _ in 0..<count {
        vectors.append((0..<8).map { ($0 == axis ? 1 : 0) + 0.1 * random.normal() })
      }
    }
    var merging = PartMerging(groups, known: 2, of: vectors, .init())
    merging.run(total: nil)
    #expect(
      merging.members.map { Set($0) } == [
        Set(groups[0]), Set(groups[1] + groups[2]), Set(groups[3] + groups[4]), Set(groups[5]),
      ])
  }

  /// Whatever is remembered of pairs, what is merged is what a look at all of them would find.
  @Test(arguments: 0..<12)
  func mergersAreThoseOfALookAtAllPairs(_ seed: UInt64) {
    var random = CALLearning.Random(seed: seed, purpose: .weights, epoch: 0, index: 0)
    var (vectors, groups) = ([[Double]](), [[Int]]())
    for group in 0..<24 {
      let count = group == 1 ? 0 : Int(random.double() * 40) + 1
      groups.append(Array(vectors.count..<vectors.count + count))
      let at = (0..<5).map { _ in random.normal() * 0.3 }
      for _ in 0..<count { vectors.append(at.map { $0 + 0.1 * random.normal() }) }
    }
    for known in [0, 3] {
      for total in [nil, 7] {
        var merging = PartMerging(groups, known: known, of: vectors, .init())
        merging.run(total: total)
        let expected = mergedByAllPairs(groups, known: known, total: total, vectors, .init())
        #expect(merging.members == expected)
      }
    }
  }
}
