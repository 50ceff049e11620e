/// Directions of images in a space in which known methods are equally wide in all directions.
///
/// What differs between images of one method is content, and what labelled images say of that
/// holds for methods without labels too: descriptors are whitened by the covariance within the
/// known classes (WCCN: A. Hatch, S. Kajarekar, A. Stolcke, Interspeech 2006), which leaves
/// differences between methods as they are and makes those within a method small. Of the
/// whitened space the widest axes are kept, in this order.
public struct DiscoverySpace: Sendable {
  /// Where each image is, along the axes.
  private var coordinates: [[Double]] = []
  /// As linear forms of standardised descriptors.
  private let axes: [[Double]]
  private let standard: Standard

  /// More images than this are not needed to find the axes.
  private static let fitLimit = 8192

  /// nil if numbers are not finite.
  ///
  /// - Parameters:
  ///   - labels: the known class of each labelled image, -1 for the others.
  ///   - dimensions: axes to keep, or as many as there are.
  ///   - shrinkage: share of the covariance within known classes that is taken to be round.
  public init?(
    _ matrix: DescriptorMatrix, labels: [Int], known: Int, dimensions: Int, shrinkage: Double,
    _ random: inout Random
  ) {
    let fitted = DiscoverySpace.sample(Array(0..<matrix.rows))
    let standard = Standard(matrix, fitted)
    self.standard = standard
    let width = matrix.width

    var within = DiscoverySpace.within(matrix, labels, known: known, standard)
    within.shrink(shrinkage)
    if within.trace <= 0 { for i in 0..<width { within.values[i * width + i] = 1 } }
    guard within.trace.isFinite, let factor = TriangularFactor(within) else { return nil }

    var total = SymmetricMatrix(size: width)
    for image in fitted { total.addSquare(of: standard.row(image, of: matrix)) }
    total.scale(by: 1 / Double(max(fitted.count, 1)))
    // Principal axes of the whitened images L^-1 x, then as linear forms of x itself.
    axes = PrincipalAxes.find(dimensions, size: width, &random) {
      factor.solve(total.times(factor.solveTransposed($0)))
    }.map(factor.solveTransposed)

    coordinates.reserveCapacity(matrix.rows)
    for image in 0..<matrix.rows {
      let row = standard.row(image, of: matrix)
      coordinates.append(axes.map { dot($0, row) })
      guard coordinates[image].allSatisfy(\.isFinite) else { return nil }
    }
  }

  public var dimensions: Int { axes.count }

  /// Of each image, along the first `dimensions` axes: vectors of length 1.
  public func directions(_ dimensions: Int = .max) -> [[Double]] {
    coordinates.map {
      var direction = Array($0.prefix(dimensions))
      normalise(&direction)
      return direction
    }
  }

  /// What makes coordinates of an image's `count` statistics: a row of weights for each axis, and
  /// what is added.
  public func projection(statistics count: Int) -> (weights: [Float], biases: [Float]) {
    var (weights, biases) = ([Float](), [Float]())
    weights.reserveCapacity(axes.count * count)
    for axis in axes {
      let scaled = zip(axis, standard.scale).map(*)
      biases.append(Float(-dot(scaled, standard.centre)))
      for c in 0..<count {
        guard count > scaled.count else {
          weights.append(Float(scaled[c]))
          continue
        }
        let (column, isNegative) = DescriptorMatrix.place(of: c, width: scaled.count)
        weights.append(Float(isNegative ? -scaled[column] : scaled[column]))
      }
    }
    return (weights, biases)
  }

  /// Evenly spread ones of too many.
  private static func sample(_ images: [Int]) -> [Int] {
    guard images.count > fitLimit else { return images }
    return (0..<fitLimit).map { images[$0 * images.count / fitLimit] }
  }

  /// Covariance of labelled images around the means of their classes.
  private static func within(
    _ matrix: DescriptorMatrix, _ labels: [Int], known: Int, _ standard: Standard
  ) -> SymmetricMatrix {
    var covariance = SymmetricMatrix(size: matrix.width)
    let labelled = DiscoverySpace.sample(labels.indices.filter { labels[$0] >= 0 })
    for label in 0..<known {
      let rows = labelled.filter { labels[$0] == label }.map { standard.row($0, of: matrix) }
      guard rows.count > 1 else { continue }
      let mean = meanVector(rows)
      for row in rows { covariance.addSquare(of: zip(row, mean).map(-)) }
    }
    covariance.scale(by: 1 / Double(max(labelled.count, 1)))
    return covariance
  }
}

/// Makes the mean of each column 0, and its deviation 1.
private struct Standard: Sendable {
  let centre: [Double]
  let scale: [Double]

  init(_ matrix: DescriptorMatrix, _ images: [Int]) {
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
    centre = mean
    scale = zip(square, mean).map { 1 / (max($0 / count - $1 * $1, 0).squareRoot() + 1e-6) }
  }

  func row(_ image: Int, of matrix: DescriptorMatrix) -> [Double] {
    (0..<matrix.width).map {
      (Double(matrix.values[image * matrix.width + $0]) - centre[$0]) * scale[$0]
    }
  }
}
