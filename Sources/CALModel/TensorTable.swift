import CALNetwork
import CModelFormat

/// Where each tensor of the network stands in the file: all that loading keeps of them.
struct TensorTable {
  private var data: [String: Range<Int>] = [:]

  /// Throws unless the tensors are those of `spec`, each once, with its shape, f32, and usable.
  init(_ bytes: RawSpan, _ payloads: [Range<Int>], spec: NetworkSpec) throws(ModelError) {
    let parameters = spec.parameters
    var byName: [String: Parameter] = [:]
    for parameter in parameters { byName[parameter.name] = parameter }

    for (i, payload) in payloads.enumerated() {
      let record = try TensorRecord(bytes, payload, path: "tensors[\(i)]")
      guard let parameter = byName[record.name] else {
        throw .invalid("tensors[\(i)].name: this network has no tensor \"\(record.name)\"")
      }
      try record.check(against: parameter, bytes, path: "tensors[\(i)]")
      guard data.updateValue(record.data, forKey: record.name) == nil else {
        throw .invalid("tensors[\(i)].name: \"\(record.name)\" is there twice")
      }
    }
    for parameter in parameters where data[parameter.name] == nil {
      throw .invalid("tensors: \"\(parameter.name)\" is missing")
    }
  }

  /// Of the bytes of a tensor in the file; empty if the network has no such tensor.
  func range(of name: String) -> Range<Int> { data[name] ?? 0..<0 }

  /// Numbers in all tensors.
  var valueCount: Int { data.values.reduce(0) { $0 + $1.count / 4 } }
}

/// One tensor message; its data stays in the file.
private struct TensorRecord {
  let name: String
  let shape: [Int]
  let data: Range<Int>

  init(_ bytes: RawSpan, _ range: Range<Int>, path: String) throws(ModelError) {
    let schema = Schema.tensor
    let parts = try MessageParts(bytes, range, as: schema.type, apart: [4], path: path)
    data = parts.apart.first?.payload ?? range.upperBound..<range.upperBound
    (name, shape) = try parts.unpacked(as: schema, path: path) { message throws(ModelError) in
      guard message.type == CAL__MODEL__TENSOR__TYPE__TYPE_F32 else {
        throw .invalid("\(path).type: \(message.type.rawValue), this libcal reads 1 (f32) only")
      }
      let shape = UnsafeBufferPointer(start: message.shape, count: message.n_shape)
      return (String(cString: message.name), shape.map { Int($0) })
    }
  }

  func check(against parameter: Parameter, _ bytes: RawSpan, path: String) throws(ModelError) {
    guard shape == parameter.shape else {
      throw .invalid(
        "\(path).shape: \"\(name)\" has \(text(shape)), needs \(text(parameter.shape))")
    }
    guard data.count == 4 * parameter.count else {
      throw .invalid(
        "\(path).data: \"\(name)\" has \(data.count) bytes, needs \(4 * parameter.count)")
    }
    try checkValues(bytes.extracting(data), of: parameter, path: path + ".data")
  }
}

/// A shape as PyTorch prints it.
private func text(_ shape: [Int]) -> String {
  "(" + shape.map { "\($0)" }.joined(separator: ", ") + ")"
}

/// Throws unless every value of the tensor is finite, and no variance negative.
func checkValues(
  _ data: RawSpan, of parameter: Parameter, path: String
) throws(ModelError) {
  let mayBeNegative = parameter.role != .variance
  if let bad = firstUnusable(data, mayBeNegative: mayBeNegative) {
    let needs = mayBeNegative ? "a finite number" : "a finite number, 0 or more"
    throw .invalid("\(path): \"\(parameter.name)\"[\(bad.index)] is \(bad.value), needs \(needs)")
  }
}
