/// Says how far a long call is, and stops it.
struct UpdateProgress {
  private let report: (Double) -> Bool

  /// `report` gets the share that is done, 0 to 1, and says whether to go on.
  init(_ report: @escaping (Double) -> Bool) { self.report = report }

  func reach(_ share: Double) throws(UpdateError) {
    if !report(share) { throw .cancelled }
  }
}
