/// How the frequency gate gets from a picture to a map's positions: average pooling to a grid, which
/// leaves out what does not fill a window, and bilinear resize of that. The reference path has its
/// own statement (`FeatureMap.averagePooled`).
struct GateShape: Sendable {
  /// Side of the picture.
  let size: Int
  /// Side of a window, and windows along a side.
  let kernel: Int
  let grid: Int
  /// For each row of the map, and for each column.
  let taps: [BilinearTap]

  init(size: Int, grid: Int, mapSide: Int) {
    self.size = size
    kernel = max(size / grid, 1)
    self.grid = size / kernel
    taps = BilinearTap.taps(from: size / kernel, to: mapSide)
  }

  /// Of the map.
  var positions: Int { taps.count * taps.count }
}
