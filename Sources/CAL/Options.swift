import CALModel
import CALNetwork
import CCal

/// A caller's options; all zero, which means all defaults, for NULL.
func options<Options: GrowingStruct>(
  _ pointer: UnsafePointer<Options>?
) throws(Failure) -> Options {
  guard let pointer else { return Options() }
  return try CallerStructs(pointer, name: "options").read()
}

/// Threads that work on a call, of an option in which 0 means 1.
func threadCount(_ threads: UInt32) throws(Failure) -> Int {
  guard threads <= UInt32(CAL_THREADS_MAX) else {
    throw .argument("options->threads is \(threads), more than \(CAL_THREADS_MAX)")
  }
  return max(Int(threads), 1)
}

/// Whether the one flag that such options have is set.
func hasFlag(_ flag: Int, _ flags: UInt32) throws(Failure) -> Bool {
  let known = UInt32(flag)
  guard flags & ~known == 0 else {
    throw .argument("options->flags has unknown bits: \(flags)")
  }
  return flags & known != 0
}

func checkReserved(_ reserved: UInt32) throws(Failure) {
  guard reserved == 0 else { throw .argument("options->reserved is \(reserved), not 0") }
}

extension cal_session_options {
  func kernelSet() throws(Failure) -> KernelSet {
    if Int(kernels) == CAL_KERNELS_AUTO { return KernelSet.best }
    guard let set = KernelSet(rawValue: kernels) else {
      throw .argument("options->kernels is \(kernels), which is no CAL_KERNELS_ value")
    }
    guard set.isAvailable else {
      throw .argument("options->kernels asks for \(set.name), which this CPU or build lacks")
    }
    return set
  }

  func chosenPrecision(_ model: Model) throws(Failure) -> Precision {
    if Int(precision) == CAL_PRECISION_AUTO { return model.defaultPrecision }
    guard let chosen = Precision(rawValue: precision) else {
      throw .argument("options->precision is \(precision), which is no CAL_PRECISION_ value")
    }
    guard chosen != .int8 || model.quantisation != nil else {
      throw .argument(
        "options->precision asks for int8, but the model has no ranges for it: "
          + "cal_model_quantize makes one that has")
    }
    return chosen
  }

  func wantsProfile() throws(Failure) -> Bool { try hasFlag(Int(CAL_SESSION_PROFILE), flags) }
}

extension cal_attribute_options {
  /// The model's decision rule with the caller's thresholds in place of the model's.
  func decision(_ model: Decision) throws(Failure) -> Decision {
    var decision = model
    decision.knownThreshold = try threshold(
      known_threshold, "known_threshold", model.knownThreshold)
    decision.novelThreshold = try threshold(
      novel_threshold, "novel_threshold", model.novelThreshold)
    return decision
  }

  func wantsPixelDigest() throws(Failure) -> Bool {
    try !hasFlag(Int(CAL_ATTRIBUTE_NO_PIXEL_DIGEST), flags)
  }

  private func threshold(
    _ value: Float, _ name: StaticString, _ model: Float
  ) throws(Failure) -> Float {
    if value == 0 { return model }
    guard value <= 1 else { throw .argument("options->\(name) is \(value), not a probability") }
    return value < 0 ? -1 : value
  }
}
