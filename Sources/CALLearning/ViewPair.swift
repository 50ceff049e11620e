/// One row of both views under every temperature that a term needs.
struct ViewPair {
  private let settings: ObjectiveSettings
  /// At the student temperature.
  private(set) var weak: Softmax
  private(set) var strong: Softmax
  /// The weak view as CCR's target.
  private(set) var teacher: Softmax
  /// The weak view as confidence statistics and ACR's cross entropy see it.
  private(set) var measured: Softmax

  init(classes: Int, settings: ObjectiveSettings) {
    self.settings = settings
    weak = Softmax(classes: classes, temperature: settings.studentTemperature)
    strong = weak
    teacher = Softmax(classes: classes, temperature: settings.teacherTemperature)
    measured = Softmax(classes: classes, temperature: settings.confidenceTemperature)
  }

  mutating func read(weak weakLogits: Span<Float>, strong strongLogits: Span<Float>, row: Int) {
    weak.read(weakLogits, row: row)
    strong.read(strongLogits, row: row)
    teacher.read(weakLogits, row: row)
    measured.read(weakLogits, row: row)
  }

  /// What the curriculum goes by.
  var sureness: Double { settings.ccrIsRanked ? weak.topProbability : teacher.topProbability }

  /// CCR's cross entropy, which the row's weight multiplies.
  var consistency: Double { strong.crossEntropy(teacher.probabilities) }

  /// ACR's cross entropy with a label: of the weak view as published, which teaches a prediction
  /// to be itself; by default the mean over both views, so that the strong one learns from it.
  func reinforcement(of label: Int) -> Double {
    let weak = -measured.logProbabilities[label]
    return settings.acrIsShared ? (weak - strong.logProbabilities[label]) / 2 : weak
  }

  /// Whether ACR takes the weak view's prediction for a label.
  func isSelected(known: Int) -> Bool {
    let threshold = weak.top < known ? settings.gamma : settings.currentNovelThreshold
    return weak.topProbability >= threshold
  }
}
