import CALLearning
import CCal

/// Runs a step of CALLearning, whose errors are all about arguments.
func learning<Value>(_ body: () throws(LearningError) -> Value) throws(Failure) -> Value {
  do throws(LearningError) {
    return try body()
  } catch {
    throw .argument(error.description)
  }
}

func recipe(_ value: cal_recipe) throws(Failure) -> Recipe {
  guard let recipe = Recipe(rawValue: value) else {
    throw .argument("options->recipe is \(value), which is no CAL_RECIPE_ value")
  }
  return recipe
}

/// 0 is the default, a negative number is none at all.
func number(_ value: Double, default standard: Double) -> Double {
  value == 0 ? standard : value < 0 ? 0 : value
}
