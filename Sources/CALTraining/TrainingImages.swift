import CALDigest
import CALLearning

/// The images of a training by what they are there for, in rising order; each is one of these.
struct TrainingImages {
  private(set) var labelled: [Int] = []
  private(set) var unlabelled: [Int] = []
  /// Labelled ones that are not trained on.
  private(set) var heldOut: [Int] = []

  /// Labels are checked.
  init(_ source: ImageSource, _ options: TrainingOptions) throws(LearningError) {
    try check(source.count, in: 2...LearningLimit.samples, "number of images")
    for image in 0..<source.count {
      let label = source.label(of: image)
      if let label, !(0..<options.known ~= label) {
        throw LearningError(
          "the label of image \(image) is \(label), but there are \(options.known) known classes")
      }
      if !source.isHeldOut(image) {
        if label == nil { unlabelled.append(image) } else { labelled.append(image) }
      } else if label == nil {
        throw LearningError("image \(image) is held out, but has no label to validate it by")
      } else {
        heldOut.append(image)
      }
    }
    try holdOut(options, source)
  }

  private mutating func holdOut(
    _ options: TrainingOptions, _ source: ImageSource
  ) throws(LearningError) {
    let settings = options.validation
    if settings.share > 0 {
      guard heldOut.isEmpty else {
        throw LearningError(
          "validation is \(settings.share), but \(heldOut.count) images are held out already")
      }
      draw(settings.share, options, source)
      guard !heldOut.isEmpty else {
        throw LearningError(
          "validation is \(settings.share), but no known class has two labelled images")
      }
    }
    guard !heldOut.isEmpty || (settings.patience == 0 && !settings.keepsBest) else {
      throw LearningError(
        settings.patience > 0
          ? "patience is \(settings.patience), but no images are held out to validate on"
          : "the best epoch is to be kept, but no images are held out to validate on")
    }
  }

  /// The share of each class, halves up, but at least one image, and one is left to train on.
  private mutating func draw(_ share: Double, _ options: TrainingOptions, _ source: ImageSource) {
    var classes = [[Int]](repeating: [], count: options.known)
    for image in labelled { classes[source.label(of: image) ?? 0].append(image) }
    for (label, images) in classes.enumerated() where images.count >= 2 {
      let wanted = Int((share * Double(images.count)).rounded(.toNearestOrAwayFromZero))
      var random = Random(
        seed: options.seed, purpose: .validation, epoch: 0, index: UInt32(label))
      heldOut += random.choice(of: images, count: min(max(wanted, 1), images.count - 1))
    }
    heldOut.sort()
    let taken = Set(heldOut)
    labelled.removeAll { taken.contains($0) }
  }

  /// What a checkpoint knows them by: every label, and which images are held out.
  static func digest(_ source: ImageSource, heldOut: [Int]) -> Digest {
    var sha = SHA256()
    func add(_ number: Int32) {
      withUnsafeBytes(of: number.littleEndian) { sha.update($0.bytes) }
    }
    for image in 0..<source.count { add(Int32(source.label(of: image) ?? -1)) }
    for image in heldOut { add(Int32(image)) }
    return sha.finish()
  }
}

extension Random {
  /// So many different ones of `things`, any choice as likely as any other: the first steps of
  /// R. Durstenfeld's shuffle, "Algorithm 235", Comm. ACM 7 (1964).
  mutating func choice(of things: [Int], count: Int) -> [Int] {
    var things = things
    for i in 0..<count {
      things.swapAt(i, i + Int(below(UInt32(things.count - i))))
    }
    return Array(things[..<count])
  }
}
