import CCal

/// A struct of cal.h that begins with `struct_size` and may grow at its end.
protocol GrowingStruct {
  static var cName: String { get }
  /// Its size in the first release that had it: what a caller's `struct_size` must reach.
  static var firstSize: Int { get }
  init()
  var struct_size: UInt32 { get set }
}

extension cal_load_options: GrowingStruct {
  static var cName: String { "cal_load_options" }
  static var firstSize: Int { 32 }
}

extension cal_model_info: GrowingStruct {
  static var cName: String { "cal_model_info" }
  static var firstSize: Int { 80 }
}

extension cal_prototype: GrowingStruct {
  static var cName: String { "cal_prototype" }
  static var firstSize: Int { 296 }
}

extension cal_image: GrowingStruct {
  static var cName: String { "cal_image" }
  static var firstSize: Int { 64 }
}

extension cal_session_options: GrowingStruct {
  static var cName: String { "cal_session_options" }
  static var firstSize: Int { 16 }
}

extension cal_quantize_options: GrowingStruct {
  static var cName: String { "cal_quantize_options" }
  static var firstSize: Int { 32 }
}

extension cal_attribute_options: GrowingStruct {
  static var cName: String { "cal_attribute_options" }
  static var firstSize: Int { 32 }
}

extension cal_result: GrowingStruct {
  static var cName: String { "cal_result" }
  static var firstSize: Int { 368 }
}

extension cal_objective_input: GrowingStruct {
  static var cName: String { "cal_objective_input" }
  static var firstSize: Int { 48 }
}

extension cal_objective_options: GrowingStruct {
  static var cName: String { "cal_objective_options" }
  static var firstSize: Int { 72 }
}

extension cal_objective_result: GrowingStruct {
  static var cName: String { "cal_objective_result" }
  static var firstSize: Int { 104 }
}

extension cal_prune_input: GrowingStruct {
  static var cName: String { "cal_prune_input" }
  static var firstSize: Int { 32 }
}

extension cal_prune_options: GrowingStruct {
  static var cName: String { "cal_prune_options" }
  static var firstSize: Int { 16 }
}

extension cal_prune_result: GrowingStruct {
  static var cName: String { "cal_prune_result" }
  static var firstSize: Int { 48 }
}

extension cal_metrics_input: GrowingStruct {
  static var cName: String { "cal_metrics_input" }
  static var firstSize: Int { 40 }
}

extension cal_metrics_options: GrowingStruct {
  static var cName: String { "cal_metrics_options" }
  static var firstSize: Int { 16 }
}

extension cal_metrics_result: GrowingStruct {
  static var cName: String { "cal_metrics_result" }
  static var firstSize: Int { 184 }
}

extension cal_source: GrowingStruct {
  static var cName: String { "cal_source" }
  static var firstSize: Int { 64 }
}

extension cal_training_options: GrowingStruct {
  static var cName: String { "cal_training_options" }
  static var firstSize: Int { 192 }
}

extension cal_updater_options: GrowingStruct {
  static var cName: String { "cal_updater_options" }
  static var firstSize: Int { 32 }
}

extension cal_commit_options: GrowingStruct {
  static var cName: String { "cal_commit_options" }
  static var firstSize: Int { 56 }
}

/// A caller's struct, or array of structs, whose `struct_size` was checked. It is only ever
/// copied as bytes, so neither its alignment nor its version matters.
struct CallerStructs<Value: GrowingStruct> {
  private let base: UnsafeMutableRawPointer
  /// Bytes of one struct in the caller's version of it, and from one to the next.
  private let stride: Int

  init(_ pointer: UnsafeMutablePointer<Value>?, name: String) throws(Failure) {
    guard let pointer else { throw .null(name) }
    base = UnsafeMutableRawPointer(pointer)
    stride = Int(base.loadUnaligned(as: UInt32.self))
    guard stride >= Value.firstSize else {
      throw Failure(
        CAL_ERR_STRUCT_SIZE,
        "\(name)->struct_size is \(stride), but a \(Value.cName) has at least "
          + "\(Value.firstSize) bytes: set it with the _INIT macro")
    }
  }

  /// For a struct that is only read.
  init(_ pointer: UnsafePointer<Value>?, name: String) throws(Failure) {
    try self.init(UnsafeMutablePointer(mutating: pointer), name: name)
  }

  /// A struct in an array whose elements were not all initialised alike has pointers that mean
  /// nothing, so an array is looked through before any of it is used.
  func checkArray(count: Int, name: String) throws(Failure) {
    for i in 0..<count {
      let size = Int((base + i * stride).loadUnaligned(as: UInt32.self))
      guard size == stride else {
        throw Failure(
          CAL_ERR_STRUCT_SIZE,
          "\(name)[\(i)].struct_size is \(size), but \(name)[0].struct_size is \(stride)")
      }
    }
  }

  /// The array from element `count` on.
  func dropFirst(_ count: Int) -> CallerStructs {
    CallerStructs(base: base + count * stride, stride: stride)
  }

  private init(base: UnsafeMutableRawPointer, stride: Int) {
    self.base = base
    self.stride = stride
  }

  /// What the caller's version does not have reads as zero; what ours does not have is not read.
  func read(_ index: Int = 0) -> Value {
    var value = Value()
    withUnsafeMutableBytes(of: &value) { ours in
      ours.copyMemory(from: UnsafeRawBufferPointer(start: base + index * stride, count: common))
    }
    return value
  }

  /// Writes all of `value` that the caller's version has, but for `struct_size`.
  func write(_ value: Value, _ index: Int = 0) {
    var value = value
    value.struct_size = UInt32(stride)
    withUnsafeBytes(of: &value) { ours in
      UnsafeMutableRawBufferPointer(start: base + index * stride, count: common)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: ours[..<common]))
    }
  }

  private var common: Int { min(stride, MemoryLayout<Value>.size) }
}
