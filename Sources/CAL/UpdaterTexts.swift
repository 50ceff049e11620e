import CALUpdate
import CCal

@_cdecl("cal_updater_status") @implementation
public func cal_updater_status(
  _ updater: OpaquePointer!, _ buffer: UnsafeMutablePointer<CChar>!, _ capacity: Int,
  _ length: UnsafeMutablePointer<Int>!
) -> cal_status {
  write(updater, buffer, capacity, length) { host throws(Failure) in
    try host.use { updater throws(UpdateError) in updater.statusJSON }
  }
}

@_cdecl("cal_updater_report") @implementation
public func cal_updater_report(
  _ updater: OpaquePointer!, _ buffer: UnsafeMutablePointer<CChar>!, _ capacity: Int,
  _ length: UnsafeMutablePointer<Int>!
) -> cal_status {
  write(updater, buffer, capacity, length) { host throws(Failure) in try host.lastReport() }
}

@_cdecl("cal_updater_history") @implementation
public func cal_updater_history(
  _ updater: OpaquePointer!, _ buffer: UnsafeMutablePointer<CChar>!, _ capacity: Int,
  _ length: UnsafeMutablePointer<Int>!
) -> cal_status {
  write(updater, buffer, capacity, length) { host throws(Failure) in
    try host.use { updater throws(UpdateError) in try updater.historyJSON() }
  }
}

private func write(
  _ updater: OpaquePointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: Int,
  _ length: UnsafeMutablePointer<Int>?, _ text: (HostUpdater) throws(Failure) -> [UInt8]
) -> cal_status {
  status { () throws(Failure) in
    let host = try updaters.find(updater)
    let output = try TextOutput(buffer, capacity, length)
    output.write(try text(host))
  }
}
