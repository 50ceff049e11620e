import CKernels

/// Where convolutions and poolings look: stated once, for plans and for training. The reference path
/// shares the sides of maps with them, which golden numbers of PyTorch check; which positions a
/// window has there its own loops say, so that it can find fault with these.

/// Output side of a convolution or pooling with padding `kernel / 2`.
package func convolved(_ side: Int, kernel: Int, stride: Int) -> Int {
  (side + 2 * (kernel / 2) - kernel) / stride + 1
}

/// Output side of the stem's max pooling: 3x3, stride 2, padding 1.
package func maxPooled(_ side: Int) -> Int { convolved(side, kernel: 3, stride: 2) }

extension NetworkSpec {
  /// Side of the stem's map, in front of its pooling.
  var stemSide: Int { convolved(inputSize, kernel: stem.kernel, stride: stem.stride) }

  /// Side of the map that the first block reads.
  var firstSide: Int { stem.maxPool ? maxPooled(stemSide) : stemSide }

  /// Side of the last feature map.
  public var mapSize: Int {
    stages.reduce(firstSide) { convolved($0, kernel: 3, stride: $1.stride) }
  }
}

extension calk_window {
  /// `rows` x `columns` taps over square maps, images following each other, that begin `pad` in
  /// front of the map.
  init(
    side: Int, channels: Int, stride: Int, rows: Int, columns: Int, step: Int,
    pad: (y: Int, x: Int)
  ) {
    self.init(
      height: Int32(side), width: Int32(side), pixel_stride: Int32(stride),
      row_stride: Int32(stride * side), kernel_h: Int32(rows), kernel_w: Int32(columns),
      step: Int32(step), pad_y: Int32(pad.y), pad_x: Int32(pad.x), length: Int32(channels),
      image_stride: Int64(stride * side * side))
  }

  var taps: Int { Int(kernel_h * kernel_w) }

  /// Floats that an output position reads.
  var depth: Int { taps * Int(length) }
}

/// Square pictures of three colours, interleaved, with a border of `kernel / 2` zeros: each row of a
/// kernel over them is one run of kernel x 3 floats instead of `kernel` taps of 3.
struct GatheredPicture: Sendable {
  let size: Int
  let kernel: Int
  /// Floats from row to row, of a picture, and in front of the first position within the border.
  let pitch: Int
  let count: Int
  let origin: Int

  init(size: Int, kernel: Int) {
    let pad = kernel / 2
    self.size = size
    self.kernel = kernel
    pitch = 3 * (size + 2 * pad)
    count = (size + 2 * pad) * pitch
    origin = pad * pitch + 3 * pad
  }

  /// Of a filter of `kernel` x `kernel` taps.
  func window(step: Int = 1) -> calk_window {
    var window = calk_window(
      side: pitch / 3, channels: 3, stride: 3, rows: kernel, columns: 1, step: step, pad: (0, 0))
    window.length = Int32(3 * kernel)
    return window
  }

  /// Writes rows of three planes, `stride` floats from row to row, to a picture.
  func fill(
    _ picture: UnsafeMutablePointer<Float>,
    from planes: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>), stride: Int,
    rows: Range<Int>
  ) {
    for y in rows {
      let row = picture + origin + y * pitch
      let at = y * stride
      for x in 0..<size {
        row[3 * x] = planes.0[at + x]
        row[3 * x + 1] = planes.1[at + x]
        row[3 * x + 2] = planes.2[at + x]
      }
    }
  }
}
