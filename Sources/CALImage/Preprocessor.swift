import CKernels

/// Makes the network's input of borrowed pixels: crops, resizes to a square as Pillow does with
/// `BILINEAR` (byte for byte), scales to 0...1 and normalises as torchvision does (bit for bit).
/// All scratch memory is made with it, for images of any size: a little over a megabyte. Used
/// by one thread at a time.
///
/// Channel order and alpha cost nothing: the resize treats the bytes of a pixel alike, and only
/// the last step picks red, green and blue.
public struct Preprocessor: Sendable {
  /// Pixels of one side of the input.
  public let size: Int

  private var resizer: Resizer
  private let tables: ValueTables

  /// `mean` and `deviation` hold one number for each of red, green and blue, in units of the
  /// value range 0...1.
  public init(size: Int, mean: [Float], deviation: [Float]) {
    self.init(size: size, mean: mean, deviation: deviation, kernels: .best)
  }

  package init(size: Int, mean: [Float], deviation: [Float], kernels: ResizeKernels) {
    self.size = size
    resizer = Resizer(widths: size...size, heights: size...size, kernels: kernels)
    tables = ValueTables(mean: mean, deviation: deviation)
  }

  /// Writes 3 planes (red, green, blue) of `size` x `size` values. `crop` is one of `layout`,
  /// and `layout` was checked with the size of `pixels`.
  public mutating func prepare(
    _ pixels: RawSpan, _ layout: ImageLayout, crop: Crop, into input: inout MutableSpan<Float>
  ) {
    prepare(pixels, layout, crop: crop, isMirrored: false, into: &input)
  }

  /// The same for the crop as it is, or flipped left to right.
  package mutating func prepare(
    _ pixels: RawSpan, _ layout: ImageLayout, crop: Crop, isMirrored: Bool,
    into input: inout MutableSpan<Float>
  ) {
    // A short input would trap here.
    input[3 * size * size - 1] = 0
    let tables = tables
    let (format, size) = (layout.format, size)
    let target = ResizeTarget(width: size, height: size, isMirrored: isMirrored)
    crop.withPixels(of: pixels, layout) { source in
      input.withUnsafeMutableBufferPointer { planes in
        guard let first = planes.baseAddress else { return }
        resizer.resize(source, layout, crop: crop, to: target) { row in
          tables.lookUp(row, format, into: first + row.y * size, size: size)
        }
      }
    }
  }
}

/// The value of every byte in the input, for each colour. Computed in the order and precision
/// of torchvision's ToTensor and Normalize.
private struct ValueTables: Sendable {
  let red, green, blue: [Float]

  init(mean: [Float], deviation: [Float]) {
    func table(_ colour: Int) -> [Float] {
      (0..<256).map { (Float($0) / 255 - mean[colour]) / deviation[colour] }
    }
    red = table(0)
    green = table(1)
    blue = table(2)
  }

  /// Converts one row of `size` pixels; `out` is its place in the plane for red.
  func lookUp(
    _ row: Resizer.Row, _ format: PixelFormat, into out: UnsafeMutablePointer<Float>, size: Int
  ) {
    let offsets = format.offsets
    let plane = size * size
    calk_resize_look_up(row.pixels + offsets.red, row.step, size, red, out)
    calk_resize_look_up(row.pixels + offsets.green, row.step, size, green, out + plane)
    calk_resize_look_up(row.pixels + offsets.blue, row.step, size, blue, out + 2 * plane)
  }
}
