import CALLearning
import CALModel
import CALNetwork

/// Why a training could not start or go on.
public enum TrainingError: Error, Sendable {
  /// A setting, a label, or numbers that are no longer finite.
  case learning(LearningError)
  case network(NetworkError)
  case model(ModelError)
  /// The source did not give this image.
  case image(Int)
  /// The network's numbers are no longer finite.
  case diverged(String)
  /// What is wrong with a checkpoint.
  case checkpoint(String)

  public var description: String {
    switch self {
    case .learning(let error): error.description
    case .network(let error): error.description
    case .model(let error): error.description
    case .image(let image): "image \(image) cannot be had from its source"
    case .diverged(let place): "training has diverged: \(place)"
    case .checkpoint(let reason): reason
    }
  }
}

func trainingResult<Value>(
  _ body: () throws(LearningError) -> Value
) throws(TrainingError) -> Value {
  do throws(LearningError) { return try body() } catch { throw .learning(error) }
}

func networkResult<Value>(
  _ body: () throws(NetworkError) -> Value
) throws(TrainingError) -> Value {
  do throws(NetworkError) { return try body() } catch { throw .network(error) }
}

func modelResult<Value>(
  _ body: () throws(ModelError) -> Value
) throws(TrainingError) -> Value {
  do throws(ModelError) { return try body() } catch { throw .model(error) }
}
