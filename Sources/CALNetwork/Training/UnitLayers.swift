/// Scales the features of every image to length 1.
struct UnitFeaturesLayer {
  let input: Map
  let output: Map
  let inputGradient: SlotID
  let outputGradient: SlotID

  func forward(_ pass: TrainingPass) {
    pass.crew.each(pass.images) { image, _ in
      FixedLength.features.scale(
        values(image, pass), into: pass.slot(output.slot) + image * output.stride)
    }
  }

  func backward(_ pass: TrainingPass) {
    pass.crew.each(pass.images) { image, _ in
      FixedLength.features.gradient(
        values(image, pass), from: pass.slot(outputGradient) + image * output.stride,
        into: pass.slot(inputGradient) + image * input.stride)
    }
  }

  private func values(_ image: Int, _ pass: TrainingPass) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: pass.slot(input.slot) + image * input.stride, count: input.channels)
  }
}

/// Products with prototypes that are scaled to one length first: only their direction is learned.
final class UnitRowsLayer {
  /// With the scaled rows, which are all of its parameters.
  private let product: ConvolutionLayer
  private let rows: Int
  private let width: Int
  /// Where the rows stand among the parameters.
  private let start: Int
  /// The rows as they are, as they are scaled, and the gradient of the latter, of all views so far.
  private let own, scaled, slopes: FloatMemory

  init(
    _ product: ConvolutionLayer, rows: Int, width: Int, start: Int
  ) throws(NetworkError) {
    guard let own = FloatMemory(count: rows * width), let scaled = FloatMemory(count: own.count),
      let slopes = FloatMemory(count: own.count)
    else { throw .memory }
    self.product = product
    self.rows = rows
    self.width = width
    self.start = start
    self.own = own
    self.scaled = scaled
    self.slopes = slopes
  }

  func pack(_ parameters: UnsafePointer<Float>) {
    own.base.update(from: parameters + start, count: rows * width)
    for row in 0..<rows {
      FixedLength.prototypes.scale(values(row), into: scaled.base + row * width)
    }
    product.pack(scaled.base)
    slopes.base.update(repeating: 0, count: rows * width)
  }

  var scratch: ScratchSize { product.scratch }

  func forward(_ pass: TrainingPass) { product.forward(pass) }

  func backward(_ pass: TrainingPass) {
    var inner = pass
    inner.gradients = slopes.base
    product.backward(inner)
    for row in 0..<rows {
      FixedLength.prototypes.gradient(
        values(row), from: slopes.base + row * width, into: pass.gradients + start + row * width)
    }
  }

  private func values(_ row: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: own.base + row * width, count: width)
  }
}

extension NetworkSpec {
  /// Prototypes (any number x featureCount) as logits are made with them, out of those that are
  /// trained: behind a unit neck only the direction of these counts.
  public func headRows(_ rows: [Float]) -> [Float] {
    guard neck.isUnit else { return rows }
    return scaled(rows, .prototypes)
  }

  /// Prototypes to begin a training with: of length 1 behind a unit neck, as steps turn short
  /// ones too far.
  public func firstRows(_ rows: [Float]) -> [Float] {
    guard neck.isUnit else { return rows }
    return scaled(rows, .features)
  }

  private func scaled(_ rows: [Float], _ length: FixedLength) -> [Float] {
    var result = rows
    result.withUnsafeMutableBufferPointer { values in
      for first in stride(from: 0, to: values.count, by: max(featureCount, 1)) {
        let row = UnsafeMutableBufferPointer(rebasing: values[first..<first + featureCount])
        guard let base = row.baseAddress else { return }
        length.scale(UnsafeBufferPointer(row), into: base)
      }
    }
    return result
  }
}
