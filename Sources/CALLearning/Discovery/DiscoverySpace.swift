/// Directions of images in a space in which known methods are equally wide in all directions.
///
/// What differs between images of one method is content, and what labelled images say of that
/// holds for methods without labels too: descriptors are whitened by the covariance within the
/// known classes (WCCN: A. Hatch, S. Kajarekar, A. Stolcke, Interspeech 2006), which leaves
/// differences between methods as they are and makes those within a method small. Of the
/// whitened space the `dimensions` widest axes are kept, and every image becomes a vector of
/// length 1.
struct DiscoverySpace {
  /// A row per image.
  private(set) var directions: [[Double]] = []
  private let centre: [Double]
  private let scale: [Double]

  /// More images than this are not needed to find the axes.
  private static let fitLimit = 8192

  /// `labels` has the known class of each labelled image, -1 for the others. nil if numbers are
  /// not finite.
  init?(
    _ matrix: DescriptorMatrix, labels: [Int], known: Int, _ settings: Discovery.Settings,
    _ random: inout Random
  ) {
    let fitted = DiscoverySpace.sample(Array(0..<matrix.rows))
    (centre, scale) = DiscoverySpace.standard(matrix, fitted)
    let width = matrix.width

    var within = within(matrix, labels, known: known)
    within.shrink(settings.shrinkage)
    if within.trace <= 0 { for i in 0..<width { within.values[i * width + i] = 1 } }
    guard within.trace.isFinite, let factor = TriangularFactor(within) else { return nil }

    var total = SymmetricMatrix(size: width)
    for image in fitted { total.addSquare(of: standardised(matrix, image)) }
    total.scale(by: 1 / Double(max(fitted.count, 1)))
    // Principal axes of the whitened images L^-1 x, then as linear forms of x itself.
    let axes = PrincipalAxes.find(settings.dimensions, size: width, &random) {
      factor.solve(total.times(factor.solveTransposed($0)))
    }.map(factor.solveTransposed)

    directions.reserveCapacity(matrix.rows)
    for image in 0..<matrix.rows {
      let row = standardised(matrix, image)
      var direction = axes.map { dot($0, row) }
      normalise(&direction)
      guard direction.allSatisfy(\.isFinite) else { return nil }
      directions.append(direction)
    }
  }

  /// Evenly spread ones of too many.
  private static func sample(_ images: [Int]) -> [Int] {
    guard images.count > fitLimit else { return images }
    return (0..<fitLimit).map { images[$0 * images.count / fitLimit] }
  }

  /// Mean of each column, and what makes its deviation 1.
  private static func standard(_ matrix: DescriptorMatrix, _ images: [Int]) -> ([Double], [Double])
  {
    var sum = Array(repeating: 0.0, count: matrix.width)
    var square = sum
    for image in images {
      for c in 0..<matrix.width {
        let value = Double(matrix.values[image * matrix.width + c])
        sum[c] += value
        square[c] += value * value
      }
    }
    let count = Double(max(images.count, 1))
    let mean = sum.map { $0 / count }
    let scale = zip(square, mean).map { 1 / (max($0 / count - $1 * $1, 0).squareRoot() + 1e-6) }
    return (mean, scale)
  }

  private func standardised(_ matrix: DescriptorMatrix, _ image: Int) -> [Double] {
    (0..<matrix.width).map {
      (Double(matrix.values[image * matrix.width + $0]) - centre[$0]) * scale[$0]
    }
  }

  /// Covariance of labelled images around the means of their classes.
  private func within(_ matrix: DescriptorMatrix, _ labels: [Int], known: Int) -> SymmetricMatrix {
    var covariance = SymmetricMatrix(size: matrix.width)
    let labelled = DiscoverySpace.sample(labels.indices.filter { labels[$0] >= 0 })
    for label in 0..<known {
      let rows = labelled.filter { labels[$0] == label }.map { standardised(matrix, $0) }
      guard rows.count > 1 else { continue }
      let mean = meanVector(rows)
      for row in rows { covariance.addSquare(of: zip(row, mean).map(-)) }
    }
    covariance.scale(by: 1 / Double(max(labelled.count, 1)))
    return covariance
  }
}

func meanVector(_ vectors: [[Double]]) -> [Double] {
  var sum = Array(repeating: 0.0, count: vectors.first?.count ?? 0)
  for vector in vectors { for c in sum.indices { sum[c] += vector[c] } }
  for c in sum.indices { sum[c] /= Double(vectors.count) }
  return sum
}
