import CALLearning
import CALModel

/// Why an update could not be made. Each text is one sentence that names the value at fault.
public enum UpdateError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A value outside its range, or one that does not fit the model or the state.
  case argument(String)
  /// No prototype or epoch of that number.
  case notFound(String)
  /// The state folder is in use by another process or another handle.
  case locked(String)
  /// A file of the state is not what was written; the text has the byte offset.
  case damaged(String)
  case io(String)
  /// A commit that would make known classes worse; the text has the figures.
  case refused(String)
  case model(ModelError)
  case cancelled

  public var description: String {
    switch self {
    case .argument(let text), .notFound(let text), .locked(let text), .damaged(let text),
      .io(let text), .refused(let text):
      text
    case .model(let error): error.description
    case .cancelled: "the update was cancelled"
    }
  }

  init(_ error: LearningError) { self = .argument(error.description) }
}

/// Throws unless `value` lies in `range`; NaN lies in no range.
func check<Value: Comparable>(
  _ value: Value, in range: ClosedRange<Value>, _ name: String
) throws(UpdateError) {
  guard range.contains(value) else {
    throw .argument("\(name) is \(value), not \(range.lowerBound) to \(range.upperBound)")
  }
}

/// Turns a model's error into an update's.
func modelResult<Result>(
  _ body: () throws(ModelError) -> Result
) throws(UpdateError) -> Result {
  do throws(ModelError) { return try body() } catch { throw .model(error) }
}

/// Turns the error of an objective or a pruning into an update's.
func learningResult<Result>(
  _ body: () throws(LearningError) -> Result
) throws(UpdateError) -> Result {
  do throws(LearningError) { return try body() } catch { throw UpdateError(error) }
}
