import CKernels

/// What the loops are told of a convolution but its weights, for plans and for training.

extension calk_conv {
  /// Of one window, or of two whose sums add up, to `columns` x `rows` positions for each image,
  /// `stride` floats from position to position.
  init(
    _ windows: [calk_window], columns: Int, rows: Int, channels: Int, stride: Int,
    relu: Bool = false, zeros: FloatMemory
  ) {
    self.init()
    self.windows = Int32(windows.count)
    window.0 = windows[0]
    if windows.count > 1 { window.1 = windows[1] }
    out_width = Int32(columns)
    out_rows = Int32(columns * rows)
    out_stride = Int32(stride)
    out_channels = Int32(roundUp(channels, to: Int(CALK_CHANNELS)))
    self.relu = relu ? 1 : 0
    self.zeros = UnsafePointer(zeros.base)
  }

  init(_ windows: [calk_window], to map: Map, relu: Bool = false, zeros: FloatMemory) {
    self.init(
      windows, columns: map.side, rows: map.side, channels: map.channels, stride: map.stride,
      relu: relu, zeros: zeros)
  }

  /// Taps of all windows together.
  var taps: Int { withUnsafePointer(to: self) { Int(calk_conv_taps($0)) } }
}

extension calk_winograd {
  typealias Channels = (count: Int, stride: Int)

  /// 3x3, stride 1, padding 1, over square maps of `images` images; `stride` is of positions.
  init(
    tile: Int, images: Int, side: Int, from input: Channels, to output: Channels,
    relu: Bool = false, zeros: FloatMemory
  ) {
    self.init()
    self.tile = Int32(tile)
    self.images = Int32(images)
    height = Int32(side)
    width = Int32(side)
    in_stride = Int32(input.stride)
    in_channels = Int32(roundUp(input.count, to: Int(CALK_CHANNELS)))
    out_stride = Int32(output.stride)
    out_channels = Int32(roundUp(output.count, to: Int(CALK_CHANNELS)))
    self.relu = relu ? 1 : 0
    self.zeros = UnsafePointer(zeros.base)
  }

  /// Tiles of one image, and of all.
  var imageTiles: Int { withUnsafePointer(to: self) { Int(calk_winograd_map_tiles($0)) } }
  var tiles: Int { withUnsafePointer(to: self) { Int(calk_winograd_tiles($0)) } }

  var points: Int { Int(calk_winograd_points(tile)) }
  var weightCount: Int { points * Int(in_channels) * Int(out_channels) }

  /// Floats from tile to tile of the transformed input, and of the transformed output's gradient.
  var inputWidth: Int { Int(calk_winograd_stride(in_channels)) }
  var outputWidth: Int { Int(calk_winograd_stride(out_channels)) }

  /// Floats of so many tiles of `width` floats, all points.
  func room(tiles: Int, width: Int) -> Int {
    points * Int(calk_winograd_room(Int32(tiles), Int64(width)))
  }
}

/// Panels of `width` channels that so many channels fill.
func panels(of channels: Int, width: Int32) -> Int {
  pieces(roundUp(channels, to: Int(CALK_CHANNELS)), of: Int(width))
}
