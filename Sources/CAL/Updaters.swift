import CALDigest
import CALModel
import CALUpdate
import CCal

@_cdecl("cal_updater_create") @implementation
public func cal_updater_create(
  _ model: OpaquePointer!, _ folder: UnsafePointer<CChar>!,
  _ options: UnsafePointer<cal_updater_options>!, _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> cal_status {
  make(out) { () throws(Failure) in
    let model = try models.find(model)
    let folder = try path(folder, name: "folder")
    let how = try CAL.options(options)
    let (settings, options) = (try how.settings(), try how.options())
    return try updated { () throws(UpdateError) in
      try Updater.create(folder, model: model, settings: settings, options: options)
    }
  }
}

@_cdecl("cal_updater_open") @implementation
public func cal_updater_open(
  _ folder: UnsafePointer<CChar>!, _ options: UnsafePointer<cal_updater_options>!,
  _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> cal_status {
  make(out) { () throws(Failure) in
    let folder = try path(folder, name: "folder")
    let options = try CAL.options(options).options()
    return try updated { () throws(UpdateError) in try Updater.open(folder, options: options) }
  }
}

@_cdecl("cal_updater_free") @implementation
public func cal_updater_free(_ updater: OpaquePointer!) { updaters.remove(updater) }

@_cdecl("cal_updater_sync") @implementation
public func cal_updater_sync(_ updater: OpaquePointer!) -> cal_status {
  status { () throws(Failure) in
    try updaters.find(updater).use { updater throws(UpdateError) in try updater.sync() }
  }
}

@_cdecl("cal_updater_preview") @implementation
public func cal_updater_preview(
  _ updater: OpaquePointer!, _ options: UnsafePointer<cal_commit_options>!
) -> cal_status {
  status { () throws(Failure) in
    _ = try updaters.find(updater).propose(CAL.options(options), commits: false)
  }
}

@_cdecl("cal_updater_commit") @implementation
public func cal_updater_commit(
  _ updater: OpaquePointer!, _ options: UnsafePointer<cal_commit_options>!,
  _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> cal_status {
  status { () throws(Failure) in
    out?.pointee = nil
    let model = try updaters.find(updater).propose(CAL.options(options), commits: true)
    Log.info("committed epoch \(model.bank.epoch), model \(model.digest.hex)")
    out?.pointee = models.add(model)
  }
}

@_cdecl("cal_updater_model") @implementation
public func cal_updater_model(
  _ updater: OpaquePointer!, _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> cal_status {
  status { () throws(Failure) in
    guard let out else { throw .null("out") }
    out.pointee = nil
    let model = try updaters.find(updater).use { updater throws(UpdateError) in updater.model }
    out.pointee = models.add(model)
  }
}

@_cdecl("cal_updater_rollback") @implementation
public func cal_updater_rollback(
  _ updater: OpaquePointer!, _ epoch: UInt64, _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> cal_status {
  status { () throws(Failure) in
    out?.pointee = nil
    let model = try updaters.find(updater).use { updater throws(UpdateError) in
      try updater.rollback(to: epoch)
    }
    Log.info("went back to epoch \(epoch) as epoch \(model.bank.epoch)")
    out?.pointee = models.add(model)
  }
}

@_cdecl("cal_updater_name") @implementation
public func cal_updater_name(
  _ updater: OpaquePointer!, _ id: UInt64, _ name: UnsafePointer<CChar>!
) -> cal_status {
  status { () throws(Failure) in
    let updater = try updaters.find(updater)
    let name = try text(name, name: "name")
    try updater.use { updater throws(UpdateError) in try updater.label(id, .name(name)) }
  }
}

@_cdecl("cal_updater_assign") @implementation
public func cal_updater_assign(
  _ updater: OpaquePointer!, _ id: UInt64, _ into: UInt64
) -> cal_status {
  status { () throws(Failure) in
    try updaters.find(updater).use { updater throws(UpdateError) in
      try updater.label(id, .mergedInto(into))
    }
  }
}

@_cdecl("cal_updater_merge") @implementation
public func cal_updater_merge(
  _ updater: OpaquePointer!, _ folder: UnsafePointer<CChar>!
) -> cal_status {
  status { () throws(Failure) in
    let updater = try updaters.find(updater)
    let folder = try path(folder, name: "folder")
    try updater.use { updater throws(UpdateError) in try updater.merge(folder) }
  }
}

@_cdecl("cal_updater_cancel") @implementation
public func cal_updater_cancel(_ updater: OpaquePointer!) -> cal_status {
  status { () throws(Failure) in try updaters.find(updater).call.cancel() }
}

let updaters = HandleTable<HostUpdater>(.updater)

/// What both ways to an updater share.
private func make(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ updater: () throws(Failure) -> Updater
) -> cal_status {
  status { () throws(Failure) in
    guard let out else { throw .null("out") }
    out.pointee = nil
    let made = try updater()
    if let recovery = made.recovery {
      Log.warning("the journal ended at byte \(recovery.offset), \(recovery.lost) bytes were cut")
    }
    out.pointee = updaters.add(HostUpdater(made))
  }
}
