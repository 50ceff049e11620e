import CALModel
import CCal

@_cdecl("cal_model_load_file") @implementation
public func cal_model_load_file(
  _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<cal_load_options>!,
  _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> cal_status {
  load(options, out) { (limit, progress) throws(Failure) in
    let path = try CAL.path(path)
    return try loaded { () throws(ModelError) in
      try Model(path: path, sizeLimit: limit, progress: progress)
    }
  }
}

@_cdecl("cal_model_load_memory") @implementation
public func cal_model_load_memory(
  _ data: UnsafeRawPointer!, _ size: Int, _ options: UnsafePointer<cal_load_options>!,
  _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> cal_status {
  load(options, out) { (limit, progress) throws(Failure) in
    guard let data else { throw .null("data") }
    guard size >= 0 else { throw .argument("size is larger than any buffer") }
    let bytes = UnsafeRawBufferPointer(start: data, count: size)
    return try loaded { () throws(ModelError) in
      try Model(bytes: bytes.bytes, sizeLimit: limit, progress: progress)
    }
  }
}

@_cdecl("cal_model_free") @implementation
public func cal_model_free(_ model: OpaquePointer!) { models.remove(model) }

@_cdecl("cal_model_save") @implementation
public func cal_model_save(_ model: OpaquePointer!, _ path: UnsafePointer<CChar>!) -> cal_status {
  status { () throws(Failure) in
    let model = try models.find(model)
    let path = try CAL.path(path)
    try modelResult { () throws(ModelError) in try model.save(to: path) }
    Log.info("saved model \(model.digest.hex) to \(path)")
  }
}

let models = HandleTable<Model>(.model)

/// What both ways of loading share.
private func load(
  _ pointer: UnsafePointer<cal_load_options>?, _ out: UnsafeMutablePointer<OpaquePointer?>?,
  _ make: (_ sizeLimit: Int, @escaping Progress) throws(Failure) -> Model
) -> cal_status {
  status { () throws(Failure) in
    guard let out else { throw .null("out") }
    out.pointee = nil
    let how = try options(pointer)
    try checkReserved(how.reserved)
    let largest = UInt64(Limit.fileSize)
    guard how.size_limit <= largest else {
      throw .argument("options->size_limit is \(how.size_limit), more than \(largest)")
    }
    let limit = how.size_limit == 0 ? Limit.fileSize : Int(how.size_limit)
    var report = ProgressReport(how.progress, how.progress_user)
    let model = try make(limit) { report.report(done: $0, total: $1) }
    Log.info("loaded model \(model.digest.hex), \(model.fileSize) bytes")
    out.pointee = models.add(model)
  }
}

/// Says in the log, too, what was wrong with a file.
private func loaded(_ body: () throws(ModelError) -> Model) throws(Failure) -> Model {
  try modelResult { () throws(ModelError) in
    do throws(ModelError) {
      return try body()
    } catch {
      Log.warning(error.description)
      throw error
    }
  }
}

/// Turns a model's error into a call's.
func modelResult<Value>(_ body: () throws(ModelError) -> Value) throws(Failure) -> Value {
  do throws(ModelError) { return try body() } catch { throw Failure(error) }
}

extension Failure {
  init(_ error: ModelError) {
    let status =
      switch error {
      case .format: CAL_ERR_MODEL_FORMAT
      case .version: CAL_ERR_MODEL_VERSION
      case .invalid: CAL_ERR_MODEL_INVALID
      case .limit: CAL_ERR_MODEL_LIMIT
      case .memory: CAL_ERR_MEMORY
      case .io: CAL_ERR_IO
      case .cancelled: CAL_ERR_CANCELLED
      }
    self.init(status, error.description)
  }
}
