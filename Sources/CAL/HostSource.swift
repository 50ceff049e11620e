import CALImage
import CALTraining
import CCal

/// The images of a host: its array, or what its callback gives.
final class HostSource: ImageSource, @unchecked Sendable {
  private let labels: [Int32]
  /// Empty: none is held out.
  private let heldOut: [Bool]
  private let images: [cal_image]
  private let load: cal_load_callback?
  private let unload: cal_unload_callback?
  private let user: UnsafeMutableRawPointer?

  init(_ pointer: UnsafePointer<cal_source>?) throws(Failure) {
    let source = try CallerStructs(pointer, name: "source").read()
    guard source.reserved == 0 else {
      throw .argument("source->reserved is \(source.reserved), not 0")
    }
    guard 2...UInt64(CAL_SAMPLES_MAX) ~= source.count else {
      throw .argument("source->count is \(source.count), not 2 to \(CAL_SAMPLES_MAX)")
    }
    let count = Int(source.count)
    labels = Array(try array(source.label, count: count, name: "source->label"))
    heldOut =
      source.held_out == nil
      ? [] : try array(source.held_out, count: count, name: "source->held_out").map { $0 != 0 }
    if let first = source.images {
      let structs = try CallerStructs(first, name: "source->images")
      try structs.checkArray(count: count, name: "source->images")
      images = (0..<count).map { structs.read($0) }
      for (i, image) in images.enumerated() { try HostSource.check(image, i) }
    } else {
      images = []
      if source.load == nil { throw .argument("source->images and source->load are both NULL") }
    }
    load = source.load
    unload = source.unload
    user = source.user
  }

  private static func check(_ image: cal_image, _ index: Int) throws(Failure) {
    do throws(Failure) {
      _ = try CheckedImage(image)
    } catch {
      throw Failure(Int(error.status), "source->images[\(index)]: \(error.text)")
    }
  }

  override var count: Int { labels.count }

  override func label(of image: Int) -> Int? { labels[image] < 0 ? nil : Int(labels[image]) }

  override func isHeldOut(_ image: Int) -> Bool { heldOut.isEmpty ? false : heldOut[image] }

  override func withImage(
    _ image: Int, worker: Int, _ body: (RawSpan, ImageLayout, Crop) -> Void
  ) -> Bool {
    guard images.isEmpty else { return lend(images[image], body) }
    var loaded = cal_image()
    loaded.struct_size = UInt32(MemoryLayout<cal_image>.size)
    guard let load, HostMode.during({ load(user, UInt64(image), &loaded) == 0 }) else {
      return false
    }
    defer { HostMode.during { unload?(user, UInt64(image), &loaded) } }
    return lend(loaded, body)
  }

  private func lend(_ image: cal_image, _ body: (RawSpan, ImageLayout, Crop) -> Void) -> Bool {
    do throws(Failure) {
      let checked = try CheckedImage(image)
      body(checked.pixels.bytes, checked.layout, checked.crop)
      return true
    } catch {
      Log.warning(error.text)
      return false
    }
  }
}
