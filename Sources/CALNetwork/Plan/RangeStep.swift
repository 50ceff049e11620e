/// Shows the input of a convolution to whoever chooses the ranges of int8.
struct RangeStep: Sendable {
  var map: Map
  /// Of `NetworkSpec.quantisable`.
  var layer: Int
  var recorder: RangeRecorder

  func run(_ work: Work) {
    let values = UnsafeBufferPointer(start: work.slot(map.slot), count: map.count)
    recorder.record(values, map, layer: layer)
  }
}
