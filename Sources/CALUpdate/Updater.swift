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
  static let recordSize = 1024

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
    try checkCount(features.count, keys)
    let answers = try explained(features)
    for first in stride(from: 0, to: keys.count, by: Updater.recordSize) {
      let images = first..<min(first + Updater.recordSize, keys.count)
      try folder.append(.observed(observed(images, features, keys, answers)))
    }
    if options.syncsAlways && !keys.isEmpty { try folder.sync() }
    return answers
  }

  func checkCount(_ features: Int, _ keys: [Digest]) throws(UpdateError) {
    let width = model.spec.featureCount
    guard features == keys.count * width else {
      throw .argument("features has \(features) numbers, needs \(keys.count) images x \(width)")
    }
  }

  func explained(_ features: Span<Float>) throws(UpdateError) -> [Explainer.Answer] {
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
}
