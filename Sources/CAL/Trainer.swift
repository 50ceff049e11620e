import CALModel
import CALNetwork
import CALTraining
import CCal

@_cdecl("cal_trainer_create") @implementation
public func cal_trainer_create(
  _ options: UnsafePointer<cal_training_options>!, _ source: UnsafePointer<cal_source>!,
  _ start: OpaquePointer!, _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> cal_status {
  status { () throws(Failure) in
    guard let out else { throw .null("out") }
    out.pointee = nil
    let how = try CallerStructs(options, name: "options").read()
    let model = start == nil ? nil : try models.find(start)
    let settings = try how.options(model)
    let training = try HostTraining(settings, try HostSource(source), start: model)
    Log.info("training: \(settings.threads) threads, \(settings.kernels.name) kernels")
    out.pointee = trainers.add(training)
  }
}

@_cdecl("cal_trainer_free") @implementation
public func cal_trainer_free(_ trainer: OpaquePointer!) { trainers.remove(trainer) }

@_cdecl("cal_trainer_run") @implementation
public func cal_trainer_run(
  _ trainer: OpaquePointer!, _ callback: cal_training_callback!, _ user: UnsafeMutableRawPointer!
) -> cal_status {
  status { () throws(Failure) in
    try trainers.find(trainer).run(callback, user)
  }
}

@_cdecl("cal_trainer_cancel") @implementation
public func cal_trainer_cancel(_ trainer: OpaquePointer!) -> cal_status {
  status { () throws(Failure) in try trainers.find(trainer).call.cancel() }
}

@_cdecl("cal_trainer_save") @implementation
public func cal_trainer_save(_ trainer: OpaquePointer!, _ path: UnsafePointer<CChar>!)
  -> cal_status
{
  status { () throws(Failure) in
    let training = try trainers.find(trainer)
    let path = try CAL.path(path)
    try training.look { trainer throws(TrainingError) in try Checkpoint.write(trainer, to: path) }
  }
}

@_cdecl("cal_trainer_resume") @implementation
public func cal_trainer_resume(_ trainer: OpaquePointer!, _ path: UnsafePointer<CChar>!)
  -> cal_status
{
  status { () throws(Failure) in
    let training = try trainers.find(trainer)
    let path = try CAL.path(path)
    try training.change { trainer throws(TrainingError) in
      try trainer.resume(Checkpoint.read(path, for: trainer))
    }
  }
}

@_cdecl("cal_trainer_model") @implementation
public func cal_trainer_model(
  _ trainer: OpaquePointer!, _ names: UnsafePointer<UnsafePointer<CChar>?>!,
  _ trainingData: UnsafePointer<CChar>!, _ out: UnsafeMutablePointer<OpaquePointer?>!
) -> cal_status {
  status { () throws(Failure) in
    guard let out else { throw .null("out") }
    out.pointee = nil
    let training = try trainers.find(trainer)
    var list: [String] = []
    if training.known > 0 {
      for (i, name) in try array(names, count: training.known, name: "names").enumerated() {
        list.append(try text(name, name: "names[\(i)]"))
      }
    }
    var provenance = Provenance()
    provenance.creator = "libcal \(versionText)"
    provenance.recipe = training.recipeName
    if trainingData != nil {
      provenance.trainingData = try text(trainingData, name: "training_data")
    }
    provenance.parent = training.parent
    let naming = Trainer.Naming(names: list, provenance: provenance)
    // Before all images are looked at once more.
    try modelResult { () throws(ModelError) in try naming.check() }
    let bytes = try training.look { trainer throws(TrainingError) in try trainer.model(naming) }
    out.pointee = models.add(
      try modelResult { () throws(ModelError) in try Model(bytes: bytes.span.bytes) })
  }
}

let trainers = HandleTable<HostTraining>(.trainer)
