import CKernels

/// A 3x3 convolution of stride 1 by Winograd's algorithm.
///
/// A chunk of tiles is transformed into scratch and multiplied at once while it is in cache.
/// Where there are too few chunks to share among workers, the whole map is transformed first
/// (phase 0) and then multiplied panel by panel (phase 1); `transformed` has room for that.
struct WinogradStep: @unchecked Sendable {
  var shape: calk_winograd
  var input: SlotID
  var residual: SlotID?
  var output: SlotID
  /// The transformed map, for the two-phase way; nil: never in two phases.
  var transformed: SlotID?
  var panelWidth: Int32
  var weights: FloatMemory

  /// Floats of `transformed`.
  var transformedCount: Int { shape.room(tiles: tiles, width: shape.inputWidth) }

  private var tiles: Int { shape.tiles }
  var panels: Int { CALNetwork.panels(of: Int(shape.out_channels), width: panelWidth) }

  private var tilesPerChunk: Int {
    max(WinogradStep.cacheFloats / (shape.points * shape.inputWidth), 8)
  }

  private var chunks: Int { pieces(tiles, of: tilesPerChunk) }

  /// Of a map in one phase: a number that workers share evenly.
  private func chunks(_ work: Work) -> Int { min(tiles, roundUp(chunks, to: work.workers)) }

  func phases(_ work: Work) -> Int { isSplit(work) ? 2 : 1 }

  private func isSplit(_ work: Work) -> Bool {
    transformed != nil && work.workers > 1 && chunks < 2 * work.workers
  }

  private func groups(_ work: Work) -> Int { work.groups(ofPanels: panels, chunks: chunks) }

  func items(phase: Int, _ work: Work) -> Int {
    guard isSplit(work) else { return chunks(work) }
    return phase == 0 ? min(tiles, 4 * work.workers) : groups(work)
  }

  func run(_ item: Int, phase: Int, _ work: Work) {
    guard isSplit(work), let transformed else {
      return runChunk(share(tiles, item, of: chunks(work)), work)
    }
    if phase == 0 {
      let range = share(tiles, item, of: min(tiles, 4 * work.workers))
      transform(range, first: 0, room: tiles, into: work.slot(transformed), work)
    } else {
      let columns = share(panels, item, of: groups(work))
      multiply(0..<tiles, panels: columns, from: work.slot(transformed), work)
    }
  }

  /// Whole images, chunk by chunk.
  func run(images: Range<Int>, _ work: Work) {
    let perImage = shape.imageTiles
    let count = perImage * images.count
    let chunks = pieces(count, of: tilesPerChunk)
    let first = perImage * images.lowerBound
    for chunk in 0..<chunks {
      let range = share(count, chunk, of: chunks)
      runChunk(first + range.lowerBound..<first + range.upperBound, work)
    }
  }

  private func runChunk(_ tiles: Range<Int>, _ work: Work) {
    transform(tiles, first: tiles.lowerBound, room: tiles.count, into: work.scratch, work)
    multiply(tiles, panels: 0..<panels, from: work.scratch, work)
  }

  private func transform(
    _ range: Range<Int>, first: Int, room: Int, into target: UnsafeMutablePointer<Float>,
    _ work: Work
  ) {
    withUnsafePointer(to: shape) { shape in
      work.kernels.pointee.winograd_input(
        shape, work.slot(input), Int32(range.lowerBound), Int32(range.upperBound), Int32(first),
        Int32(room), target)
    }
  }

  private func multiply(
    _ range: Range<Int>, panels: Range<Int>, from source: UnsafePointer<Float>, _ work: Work
  ) {
    var data = calk_winograd_data()
    if let residual { data.residual = UnsafePointer(work.slot(residual)) }
    data.out = work.slot(output)
    let products = work.scratch + chunkFloats
    withUnsafePointer(to: shape) { shape in
      work.kernels.pointee.winograd_output(
        shape, &data, source, Int32(range.lowerBound), Int32(range.count),
        Int32(panels.lowerBound), Int32(panels.upperBound), products, work.table)
    }
  }

  private var largestChunk: Int { min(tiles, tilesPerChunk) }

  /// Floats of a transformed chunk, the largest.
  private var chunkFloats: Int { shape.room(tiles: largestChunk, width: shape.inputWidth) }

  var scratch: ScratchSize {
    let atOnce = transformed == nil ? largestChunk : tiles
    return ScratchSize(
      floats: chunkFloats + shape.room(tiles: atOnce, width: Int(panelWidth)), pointers: atOnce)
  }

  private static let cacheFloats = 160 * 1024
}
