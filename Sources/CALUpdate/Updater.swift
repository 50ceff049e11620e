import CALDigest
import CALModel

/// Takes in what a deployed model is shown, and now and then makes a new epoch of its prototypes
/// out of it. One thread at a time.
public final class Updater {
  public struct Options: Sendable {
    public var files = FileSystem.system
    /// Whether an observation is on the disk when it is acknowledged. Without, what was observed
    /// since the last `sync` is lost if the machine stops, but not if the process does.
    public var syncsAlways = true
    /// Epochs whose models are kept, the current one included.
    public var keep = 4
    /// Opens a damaged journal as far as it is good.
    public var salvages = false
    /// How reports are kept beside the epochs that they are about.
    public var encode: @Sendable (CommitReport) -> [UInt8] = { _ in [] }

    public init() {}

    func check() throws(UpdateError) { try CALUpdate.check(keep, in: 1...1_000_000, "keep") }
  }

  /// Images of one record of the journal.
  private static let recordSize = 1024

  public private(set) var model: Model
  let options: Options
  let folder: StateFolder
  private var explainer: Explainer

  private init(_ model: Model, _ folder: StateFolder, _ options: Options) {
    self.model = model
    self.folder = folder
    self.options = options
    explainer = Explainer(model)
  }

  /// Begins with a model, in a folder that has no state yet.
  public static func create(
    _ path: String, model: Model, settings: UpdateSettings = .init(), options: Options = .init()
  ) throws(UpdateError) -> Updater {
    try settings.check()
    try options.check()
    let folder = try StateFolder.create(
      path, Tally(settings), model: model, files: options.files)
    return Updater(model, folder, options)
  }

  /// Goes on with the state of a folder.
  public static func open(
    _ path: String, options: Options = .init()
  ) throws(UpdateError) -> Updater {
    try options.check()
    let (folder, model) = try StateFolder.open(
      path, files: options.files, salvage: options.salvages)
    return Updater(model, folder, options)
  }

  public var tally: Tally { folder.snapshot.tally }
  public var recovery: Recovery? { folder.recovery }
  /// Numbers of the kept epochs, rising; the last one is current.
  public var epochs: [UInt64] { folder.snapshot.epochs.map(\.number) }

  /// Takes in the features of images, `keys.count` x featureCount numbers, as attribution with
  /// the current model gives them. A key says which image it is: the SHA-256 of its pixels. If
  /// this throws, some of the images, from the first one on, may have been taken in.
  public func observe(
    _ features: Span<Float>, keys: [Digest]
  ) throws(UpdateError) -> [Explainer.Answer] {
    let width = model.spec.featureCount
    guard features.count == keys.count * width else {
      throw .argument(
        "features has \(features.count) numbers, needs \(keys.count) images x \(width)")
    }
    let answers = try explained(features)
    for first in stride(from: 0, to: keys.count, by: Updater.recordSize) {
      let images = first..<min(first + Updater.recordSize, keys.count)
      try folder.append(.observed(observed(images, features, keys, answers)))
    }
    if options.syncsAlways && !keys.isEmpty { try folder.sync() }
    return answers
  }

  private func explained(_ features: Span<Float>) throws(UpdateError) -> [Explainer.Answer] {
    let width = model.spec.featureCount
    var answers: [Explainer.Answer] = []
    answers.reserveCapacity(features.count / width)
    for (image, answer) in explainer.answers(features).enumerated() {
      guard let answer else {
        for i in 0..<width where !features[image * width + i].isFinite {
          throw .argument("features[\(image)][\(i)] is \(features[image * width + i])")
        }
        throw .argument("features[\(image)] gives a logit that is not finite")
      }
      answers.append(answer)
    }
    return answers
  }

  /// What some of the images add. A function, so that nothing still refers to the state when it
  /// changes, which would copy it.
  private func observed(
    _ images: Range<Int>, _ features: Span<Float>, _ keys: [Digest],
    _ answers: [Explainer.Answer]
  ) -> Tally {
    let (total, width) = (tally, model.spec.featureCount)
    var part = Tally(total.settings)
    for image in images {
      let feature = features.extracting(image * width..<(image + 1) * width)
      part.observe(keys[image], feature, answers[image], for: total)
    }
    return part
  }

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
    guard features.count == keys.count * width else {
      throw .argument(
        "features has \(features.count) numbers, needs \(keys.count) images x \(width)")
    }
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

  /// Adds what another updater of the same model observed. Its folder is only read; merging it
  /// twice counts its images twice.
  public func merge(_ path: String) throws(UpdateError) {
    let other = try StoredState.read(path, options.files)
    guard other.model.digest == model.digest else {
      throw .argument(
        "\(path) is of the model \(other.model.digest.hex), this state of \(model.digest.hex)")
    }
    var trial = tally
    try trial.merge(other.snapshot.tally)
    if let circle = trial.labels.circle {
      throw .argument(
        "the labels of \(path) and of this state make a circle: prototype \(circle.id) would be"
          + " merged into prototype \(circle.target), and that one into it")
    }
    try folder.append(.observed(other.snapshot.tally))
    try folder.sync()
  }

  /// Returns when everything observed is on the disk.
  public func sync() throws(UpdateError) { try folder.sync() }

  /// Goes on with the model of a new epoch.
  func become(_ model: Model) {
    self.model = model
    explainer = Explainer(model)
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
