import CALLearning

/// Fits novel prototypes to cached features with CAL's own objective: CCR and ACR on images of
/// unknown method, and the supervised term, which keeps novel prototypes away from known images.
/// Backbone and known prototypes stay fixed. The strong view of a feature is the feature behind
/// dropout, as training has it in front of the prototypes.
struct Refinement {
  /// Cached images of one prototype.
  struct Class {
    /// Its row, if it is a known one; else its images are unlabelled.
    let label: Int?
    let features: [[Float]]
  }

  private static let rounds = 6
  private static let stepsPerRound = 6
  private static let batch = 128
  private static let dropout = 0.2

  /// The refined rows; every novel one keeps its length, so that its logits keep their scale.
  /// `classes` has one entry for each row. A row without images stays as it is: the regulariser
  /// alone would push it about.
  static func run(
    _ head: HeadRows, _ classes: [Class]
  ) throws(UpdateError) -> HeadRows {
    let frozen = head.ids.indices.filter { $0 < head.known || classes[$0].features.isEmpty }
      .map { $0 * head.width..<($0 + 1) * head.width }
    let classes = classes.filter { !$0.features.isEmpty }
    guard frozen.count < head.ids.count, head.known < head.ids.count, !classes.isEmpty else {
      return head
    }
    var head = head
    let lengths = head.ids.indices.map { head.length($0) }
    let scale = lengths.reduce(0, +) / Double(lengths.count) / Double(head.width).squareRoot()
    var adam = Adam.Settings()
    adam.weightDecay = 0
    var settings = ObjectiveSettings()
    settings.epochs = rounds
    settings.pseudoEpoch = 0
    var state = (
      mean: [Float](repeating: 0, count: head.vectors.count),
      square: [Float](repeating: 0, count: head.vectors.count)
    )
    let trained = try learningResult { () throws(LearningError) in
      try TrainedRanges(count: head.vectors.count, frozen: frozen)
    }
    var random = Random(seed: 0, purpose: .update, epoch: 0, index: 1)
    for round in 0..<rounds {
      settings.epoch = round
      var confidence = Confidence()
      for step in 0..<stepsPerRound {
        let number = round * stepsPerRound + step + 1
        let rate =
          0.02 * scale * Double(rounds * stepsPerRound + 1 - number)
          / Double(rounds * stepsPerRound)
        let (gradient, terms) = try gradient(head, classes, settings, &random)
        add(terms, to: &confidence)
        try learningResult { () throws(LearningError) in
          let optimiser = try Adam(adam, rate: rate, step: number)
          update(&head.vectors, gradient, &state.mean, &state.square, optimiser, trained)
        }
        for row in head.known..<head.ids.count { head.setLength(lengths[row], row) }
      }
      settings.novelThreshold = try learningResult { () throws(LearningError) in
        try settings.nextNovelThreshold(confidence)
      }
    }
    return head
  }

  /// Of one batch with as many images of one class as of another, whatever their numbers are:
  /// the regulariser takes classes for equally frequent.
  private static func gradient(
    _ head: HeadRows, _ classes: [Class], _ settings: ObjectiveSettings,
    _ random: inout Random
  ) throws(UpdateError) -> ([Float], Confidence) {
    var weakFeatures = FloatRows(width: head.width)
    var strongFeatures = FloatRows(width: head.width)
    var (tags, targets) = ([Int32](), [Int32]())
    for image in 0..<batch {
      let own = classes[(image + Int(random.below(UInt32(classes.count)))) % classes.count]
      let feature = own.features[Int(random.below(UInt32(own.features.count)))]
      weakFeatures.append(feature)
      strongFeatures.append(
        feature.map { Double(random.float()) < dropout ? 0 : $0 / Float(1 - dropout) })
      tags.append(own.label == nil ? ObjectiveBatch.unlabelled : ObjectiveBatch.labelled)
      targets.append(Int32(own.label ?? -1))
    }
    let (weak, strong) = (head.logits(of: weakFeatures), head.logits(of: strongFeatures))
    let size = ObjectiveBatch(rows: batch, classes: head.ids.count, known: head.known)
    let objective = try learningResult { () throws(LearningError) in
      try Objective(
        weak: weak.span, strong: strong.span, tags: tags.span, targets: targets.span,
        batch: size, settings: settings)
    }
    var byWeak = [Float](repeating: 0, count: weak.count)
    var byStrong = byWeak
    var span = byWeak.mutableSpan
    _ = objective.weakGradient(weak.span, into: &span)
    var strongSpan = byStrong.mutableSpan
    _ = objective.strongGradient(weak: weak.span, strong: strong.span, into: &strongSpan)
    for row in 0..<strongFeatures.count { weakFeatures.append(strongFeatures[row]) }
    let gradient = head.gradient(byWeak + byStrong, of: weakFeatures)
    return (gradient, objective.terms.confidence)
  }

  private static func add(_ more: Confidence, to sum: inout Confidence) {
    sum.sumKnown += more.sumKnown
    sum.sumNovel += more.sumNovel
    sum.countKnown += more.countKnown
    sum.countNovel += more.countNovel
  }

  private static func update(
    _ vectors: inout [Float], _ gradient: [Float], _ mean: inout [Float],
    _ square: inout [Float], _ adam: Adam, _ trained: TrainedRanges
  ) {
    var vectors = vectors.mutableSpan
    var mean = mean.mutableSpan
    var square = square.mutableSpan
    _ = adam.update(
      &vectors, gradients: gradient.span, mean: &mean, square: &square, trained: trained)
  }
}
