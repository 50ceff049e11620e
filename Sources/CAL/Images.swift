import CALImage
import CCal

/// A caller's image of which every field was checked: reading `layout.byteCount` bytes at
/// `pixels` is all that is left to trust.
struct CheckedImage {
  let pixels: UnsafeRawBufferPointer
  let layout: ImageLayout
  let crop: Crop

  init(_ image: cal_image) throws(Failure) {
    guard image.reserved == 0 else {
      throw .argument("image.reserved is \(image.reserved), not 0")
    }
    do throws(ImageError) {
      layout = try ImageLayout(
        format: image.format, width: image.width, height: image.height, stride: image.stride,
        size: image.size)
      crop = try CheckedImage.crop(image, layout)
    } catch {
      throw Failure(error)
    }
    guard let first = image.pixels else { throw .null("image.pixels") }
    pixels = UnsafeRawBufferPointer(start: first, count: layout.byteCount)
  }

  private static func crop(_ image: cal_image, _ layout: ImageLayout) throws(ImageError) -> Crop {
    let face = image.face
    if face.width == 0 && face.height == 0 { return Crop(whole: layout) }
    let margin = image.face_margin == 0 ? CAL_FACE_MARGIN : image.face_margin
    return try Crop(face: face.x, face.y, face.width, face.height, margin: margin, in: layout)
  }
}

extension Failure {
  init(_ error: ImageError) {
    let status =
      switch error {
      case .format: CAL_ERR_IMAGE_FORMAT
      case .size: CAL_ERR_IMAGE_SIZE
      case .stride: CAL_ERR_IMAGE_STRIDE
      case .buffer: CAL_ERR_IMAGE_BUFFER
      case .box, .margin: CAL_ERR_IMAGE_BOX
      }
    self.init(status, error.description)
  }
}
