import CALTestSupport
import Testing

@testable import CALLearning

/// Images of planted methods: `width` statistics, of which a few tell methods apart and the rest
/// is content, much louder.
private struct Planted {
  var matrix: DescriptorMatrix
  var labels: [Int] = []
  var truth: [Int] = []
  var statistics: [[Float]] = []

  init(
    seed: UInt64, sizes: [Int], known: Int, labelled: Int, width: Int = 40,
    sketch: Int = DescriptorMatrix.maximumWidth
  ) {
    var random = CALLearning.Random(seed: seed, purpose: .weights, epoch: 0, index: 0)
    matrix = DescriptorMatrix(rows: sizes.reduce(0, +), statistics: width, most: sketch)
    let centres = sizes.map { _ in (0..<8).map { _ in 2 + 0.4 * random.normal() } }
    for (method, size) in sizes.enumerated() {
      for i in 0..<size {
        let content = random.normal()
        var row = (0..<width).map { c in
          c < 8
            ? centres[method][c] + 0.05 * random.normal() + 0.3 * content
            : 3 + 0.5 * content + 0.2 * random.normal()
        }
        for c in row.indices { row[c] = max(row[c], 0) }
        let own = row.map { Float($0) }
        matrix.set(row: truth.count, statistics: own.span)
        statistics.append(own)
        truth.append(method)
        labels.append(method < known && i < labelled ? method : -1)
      }
    }
  }

  func discovery(known: Int, total: Int? = nil, limit: Int = 100, seed: UInt64 = 1) -> Discovery? {
    var random = CALLearning.Random(seed: seed, purpose: .discovery, epoch: 0, index: 0)
    return space(known: known, dimensions: 24, &random).map {
      Discovery(
        .init(labels: labels, known: known, total: total, limit: limit), in: $0, settings: .init(),
        &random)
    }
  }

  func space(known: Int, dimensions: Int, _ random: inout CALLearning.Random) -> DiscoverySpace? {
    DiscoverySpace(
      matrix, labels: labels, known: known, dimensions: dimensions, shrinkage: 0.1, &random)
  }

  /// Share of the unlabelled images whose cluster is their method's, by the best matching.
  func accuracy(_ found: Discovery) -> Double {
    let images = labels.indices.filter { labels[$0] < 0 }
    var counts = Array(repeating: Array(repeating: 0, count: found.count), count: truth.max()! + 1)
    for image in images { counts[truth[image]][found.clusters[image]] += 1 }
    let hits = bestMatching(counts).enumerated().reduce(0) {
      $1.element < 0 ? $0 : $0 + counts[$1.offset][$1.element]
    }
    return Double(hits) / Double(images.count)
  }
}

@Suite struct DiscoveryTests {
  /// K is an estimate: one off is right here.
  @Test(arguments: UInt64(1)...3)
  func findsPlantedMethodsAndTheirNumber(_ seed: UInt64) throws {
    let planted = Planted(
      seed: seed, sizes: [200, 180, 160, 200, 150, 90, 240], known: 3, labelled: 120)
    let found = try #require(planted.discovery(known: 3))
    #expect(abs(found.count - 7) <= 1)
    #expect(planted.accuracy(found) > 0.9)
    for (image, label) in planted.labels.enumerated() where label >= 0 {
      #expect(found.clusters[image] == label)
    }
  }

  @Test func imagesOfKnownMethodsAloneMakeNoNewOne() throws {
    let planted = Planted(seed: 3, sizes: [260, 260, 260], known: 3, labelled: 120)
    let found = try #require(planted.discovery(known: 3))
    #expect(found.count == 3)
    #expect(planted.accuracy(found) > 0.97)
  }

  @Test func aGivenNumberIsKept() throws {
    let planted = Planted(seed: 5, sizes: [80, 80, 80, 80, 80], known: 2, labelled: 40)
    for total in [3, 5, 8] {
      #expect(try #require(planted.discovery(known: 2, total: total)).count == total)
    }
  }

  @Test func neverMoreThanTheLimit() throws {
    let planted = Planted(seed: 6, sizes: [80, 80, 80, 80, 80], known: 2, labelled: 40)
    #expect(try #require(planted.discovery(known: 2, limit: 4)).count <= 4)
  }

  @Test func theSurestOfEachClusterBecomeLabels() throws {
    let planted = Planted(seed: 7, sizes: [200, 180, 210, 190], known: 2, labelled: 100)
    let found = try #require(planted.discovery(known: 2))
    let chosen = found.pseudoLabels
    for c in 0..<found.count {
      let images = planted.labels.indices.filter {
        planted.labels[$0] < 0 && found.clusters[$0] == c
      }
      let taken = images.filter { chosen[$0] == Int32(c) }
      let left = images.filter { chosen[$0] < 0 }
      #expect(taken.count + left.count == images.count)
      #expect(taken.count == Int((0.7 * Double(images.count)).rounded(.up)))
      let least = taken.map { found.margins[$0] }.min() ?? 0
      #expect(left.allSatisfy { found.margins[$0] <= least })
    }
    for (image, label) in planted.labels.enumerated() where label >= 0 {
      #expect(chosen[image] == -1)
    }
  }

  @Test func theSameInputGivesTheSameResult() throws {
    let planted = Planted(seed: 8, sizes: [200, 180, 160, 200], known: 2, labelled: 100)
    let first = try #require(planted.discovery(known: 2))
    let second = try #require(planted.discovery(known: 2))
    #expect(first.clusters == second.clusters && first.margins == second.margins)
  }

  @Test func worksWithoutKnownClassesAndWithClassesWithoutImages() throws {
    let none = Planted(seed: 9, sizes: [80, 80, 80], known: 0, labelled: 0)
    #expect(try #require(none.discovery(known: 0)).count >= 1)
    var empty = Planted(seed: 10, sizes: [80, 80, 80, 80], known: 2, labelled: 40)
    empty.labels = empty.labels.map { $0 == 1 ? -1 : $0 }
    let found = try #require(empty.discovery(known: 2))
    #expect(found.count >= 3)
  }

  @Test func whatIsNotFiniteIsNoDiscovery() {
    var planted = Planted(seed: 11, sizes: [60, 60], known: 1, labelled: 30)
    let row = Array(repeating: Float.infinity, count: 40)
    planted.matrix.set(row: 3, statistics: row.span)
    #expect(planted.discovery(known: 1) == nil)
  }

  @Test func labelledImagesAloneAreTheKnownClasses() throws {
    let planted = Planted(seed: 12, sizes: [60, 60], known: 2, labelled: 60)
    let found = try #require(planted.discovery(known: 2))
    #expect(found.count == 2 && found.clusters == planted.truth)
  }

  /// What is fitted to a sketch is a linear form of all statistics.
  @Test(arguments: [40, 24])
  func theProjectionGivesTheDirections(_ sketch: Int) throws {
    let planted = Planted(
      seed: 14, sizes: [80, 80, 80], known: 2, labelled: 40, sketch: sketch)
    var random = CALLearning.Random(seed: 1, purpose: .discovery, epoch: 0, index: 0)
    let space = try #require(planted.space(known: 2, dimensions: 12, &random))
    let (weights, biases) = space.projection(statistics: 40)
    for (image, direction) in space.directions().enumerated() {
      var features = biases.enumerated().map { axis, bias in
        planted.statistics[image].enumerated().reduce(Double(bias)) {
          $0 + Double(weights[axis * 40 + $1.offset]) * Double($1.element)
        }
      }
      normalise(&features)
      for (a, b) in zip(features, direction) { #expect(abs(a - b) < 1e-4) }
    }
  }

  /// Wide descriptors are sketched, and methods stay apart.
  @Test func wideDescriptors() throws {
    let planted = Planted(
      seed: 13, sizes: [200, 200, 200, 200], known: 2, labelled: 100, width: 300, sketch: 100)
    #expect(planted.matrix.width == 100)
    let found = try #require(planted.discovery(known: 2))
    #expect(abs(found.count - 4) <= 1)
    #expect(planted.accuracy(found) > 0.9)
  }
}

@Suite struct PrincipalAxesTests {
  /// The leading eigenvectors of a matrix with known ones, in order.
  @Test func findsTheAxesInOrder() {
    var random = CALLearning.Random(seed: 2, purpose: .weights, epoch: 0, index: 0)
    let size = 60
    let values = (0..<size).map { 10 / Double(1 + $0) }
    // A reflection turns the unit vectors into an orthonormal basis.
    var mirror = (0..<size).map { _ in random.normal() }
    normalise(&mirror)
    let basis = (0..<size).map { i in
      (0..<size).map { ($0 == i ? 1 : 0) - 2 * mirror[i] * mirror[$0] }
    }
    let axes = PrincipalAxes.find(8, size: size, &random) { vector in
      var result = Array(repeating: 0.0, count: size)
      for (value, axis) in zip(values, basis) {
        add(axis, times: value * dot(axis, vector), to: &result)
      }
      return result
    }
    #expect(axes.count == 8)
    for (axis, own) in zip(axes, basis) { #expect(abs(abs(dot(axis, own)) - 1) < 1e-6) }
  }
}
