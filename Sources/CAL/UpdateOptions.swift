import CALUpdate
import CCal

extension cal_updater_options {
  func settings() throws(Failure) -> UpdateSettings {
    var settings = UpdateSettings()
    settings.seed = seed
    if reservoir != 0 { settings.reservoir = Int(reservoir) }
    if samples != 0 { settings.samples = Int(samples) }
    return settings
  }

  func options() throws(Failure) -> Updater.Options {
    try checkReserved(reserved)
    let known = UInt32(CAL_UPDATER_SALVAGE | CAL_UPDATER_NO_SYNC)
    guard flags & ~known == 0 else {
      throw .argument("options->flags is \(flags), which has bits that are no CAL_UPDATER_ value")
    }
    var options = Updater.Options()
    options.salvages = flags & UInt32(CAL_UPDATER_SALVAGE) != 0
    options.syncsAlways = flags & UInt32(CAL_UPDATER_NO_SYNC) == 0
    if keep != 0 { options.keep = Int(keep) }
    options.encode = { $0.json }
    return options
  }
}

extension cal_commit_options {
  func settings() throws(Failure) -> CommitSettings {
    var settings = CommitSettings()
    if founders != 0 { settings.founders = Int(founders) }
    if separation != 0 { settings.separation = separation }
    if duplicate != 0 { settings.duplicate = duplicate }
    if known_loss != 0 { settings.knownLoss = max(known_loss, 0) }
    if coverage != 0 { settings.coverage = coverage }
    return settings
  }
}
