import CALDigest
import CALModel

/// What an examiner says of prototypes and of images.
extension Updater {
  /// Says what a prototype in use is: its method's name, or that it is the method of another one.
  /// It counts from the next commit on.
  public func label(_ id: UInt64, _ label: Tally.Label) throws(UpdateError) {
    let prototype = try inUse(id)
    switch label {
    case .name(let name):
      guard !name.isEmpty else { throw .argument("the name of prototype \(id) is empty") }
      var named = prototype
      named.name = name
      try modelResult { () throws(ModelError) in try named.checkName() }
    case .mergedInto(let target):
      guard target != id else { throw .argument("prototype \(id) cannot be merged into itself") }
      guard prototype.kind == .novel else {
        throw .argument("prototype \(id) is a known one, which stays as it is")
      }
      _ = try inUse(target)
      var labels = tally.labels
      labels[id] = label
      guard labels.end(of: id) != nil else {
        throw .argument(
          "prototype \(id) cannot be merged into prototype \(target): with the labels that there"
            + " are already this would be a circle")
      }
    }
    try folder.append(.labelled(id, label))
    if options.syncsAlways { try folder.sync() }
  }

  /// Says that images are of a method. Those whose features are not given must be among the ones
  /// that are kept. It counts at the next commit, for which it takes no test but that of the
  /// known images. If this throws, some of the images, from the first one on, may be labelled.
  public func label(
    _ keys: [Digest], features: [Float], as method: ImageLabels.Method
  ) throws(UpdateError) {
    try check(method)
    let images = try features.isEmpty ? kept(keys) : given(features, keys)
    for (image, feature) in images.enumerated() where !(length(feature) > 0) {
      throw .argument(
        "keys[\(image)], \(keys[image].hex), is an image whose features are all 0: they point"
          + " nowhere, so they say nothing of a method")
    }
    for first in stride(from: 0, to: keys.count, by: Updater.recordSize) {
      var part = ImageLabels()
      for image in first..<min(first + Updater.recordSize, keys.count) {
        part.set(keys[image], .init(method: method, feature: images[image]))
      }
      var all = tally.imageLabels
      for (key, image) in part.images { all.set(key, image) }
      try tally.checkCount(all)
      try folder.append(.labelledImages(part))
    }
    if options.syncsAlways && !keys.isEmpty { try folder.sync() }
  }

  private func check(_ method: ImageLabels.Method) throws(UpdateError) {
    switch method {
    case .prototype(let id): _ = try inUse(id)
    case .named(let name):
      guard !name.isEmpty else { throw .argument("the name of the images' method is empty") }
      let named = Prototype(id: 0, kind: .novel, name: name, vector: [])
      try modelResult { () throws(ModelError) in try named.checkName() }
    }
  }

  private func given(_ features: [Float], _ keys: [Digest]) throws(UpdateError) -> [[Float]] {
    let width = model.spec.featureCount
    try checkCount(features.count, keys)
    _ = try explained(features.span)
    return keys.indices.map { Array(features[$0 * width..<($0 + 1) * width]) }
  }

  private func kept(_ keys: [Digest]) throws(UpdateError) -> [[Float]] {
    let tally = tally
    var features = tally.imageLabels.images.mapValues(\.feature)
    for reservoir in [tally.reservoir] + Array(tally.samples.values) {
      for entry in reservoir.entries { features[entry.key] = entry.feature }
    }
    var found: [[Float]] = []
    for (image, key) in keys.enumerated() {
      guard let feature = features[key] else {
        throw .notFound("keys[\(image)], \(key.hex), is no image that is kept: give its features")
      }
      found.append(feature)
    }
    return found
  }

  private func inUse(_ id: UInt64) throws(UpdateError) -> Prototype {
    guard let entry = model.bank.entry(ofID: id) else {
      throw .notFound("there is no prototype \(id)")
    }
    let prototype = model.bank.prototypes[entry]
    guard prototype.kind != .retired else { throw .notFound("prototype \(id) is retired") }
    return prototype
  }
}
