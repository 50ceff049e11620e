import CALModel
import CALNetwork
import CCal

@_cdecl("cal_model_describe") @implementation
public func cal_model_describe(
  _ model: OpaquePointer!, _ buffer: UnsafeMutablePointer<CChar>!, _ capacity: Int,
  _ length: UnsafeMutablePointer<Int>!
) -> cal_status {
  status { () throws(Failure) in
    let model = try models.find(model)
    try TextOutput(buffer, capacity, length).write(model.description)
  }
}

extension Model {
  /// Everything the model says of itself, as JSON; docs/ABI.md lists the members.
  fileprivate var description: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.member("schema", "cal.model/1")
      json.member("sha256", digest.hex)
      json.member("format_version", formatVersion)
      json.member("file_size", fileSize)
      json.member("parameter_count", parameterCount)
      json.key("preprocessing")
      preprocessing.write(&json)
      json.key("network")
      spec.write(&json)
      json.key("decision")
      decision.write(&json)
      json.key("bank")
      bank.write(&json)
      json.key("calibration")
      json.array { json in for part in calibration { part.write(&json) } }
      json.key("quantization")
      if let quantisation { quantisation.write(&json) } else { json.null() }
      json.key("provenance")
      provenance.write(&json)
    }
    return json.bytes
  }
}

extension Preprocessing {
  fileprivate func write(_ json: inout JSONWriter) {
    json.object { json in
      json.member("size", size)
      json.key("mean")
      json.array { json in for value in mean { json.value(value) } }
      json.key("deviation")
      json.array { json in for value in deviation { json.value(value) } }
      json.member("filter", "bilinear_antialiased")
    }
  }
}

extension NetworkSpec {
  fileprivate func write(_ json: inout JSONWriter) {
    json.object { json in
      json.member("block", block == .basic ? "basic" : "bottleneck")
      json.key("stem")
      json.object { json in
        json.member("kernel", stem.kernel)
        json.member("stride", stem.stride)
        json.member("channels", stem.channels)
        json.key("max_pool")
        json.value(stem.maxPool)
      }
      json.key("stages")
      json.array { json in for stage in stages { stage.write(&json) } }
      json.key("ffe")
      if let ffe { ffe.write(&json) } else { json.null() }
      json.key("neck")
      writeNeck(&json)
      json.member("norm_epsilon", normEpsilon)
      json.member("feature_count", featureCount)
      json.member("map_height", mapSize)
      json.member("map_width", mapSize)
    }
  }

  private func writeNeck(_ json: inout JSONWriter) {
    json.object { json in
      switch neck {
      case .none: json.member("kind", "none")
      case .batchNorm(let epsilon):
        json.member("kind", "batch_norm")
        json.member("norm_epsilon", epsilon)
      case .batchNormUnit(let epsilon):
        json.member("kind", "batch_norm_unit")
        json.member("norm_epsilon", epsilon)
      case .statistics: json.member("kind", "statistics")
      }
    }
  }
}

extension NetworkSpec.Stage {
  fileprivate func write(_ json: inout JSONWriter) {
    json.object { json in
      json.member("blocks", blocks)
      json.member("inner_channels", innerChannels)
      json.member("out_channels", outChannels)
      json.member("stride", stride)
    }
  }
}

extension NetworkSpec.FFE {
  fileprivate func write(_ json: inout JSONWriter) {
    json.object { json in
      json.member("hidden_channels", hiddenChannels)
      json.member("grid", grid)
    }
  }
}

extension Decision {
  fileprivate func write(_ json: inout JSONWriter) {
    json.object { json in
      json.member("known_threshold", knownThreshold)
      json.member("novel_threshold", novelThreshold)
      json.member("temperature", temperature)
    }
  }
}

extension Bank {
  fileprivate func write(_ json: inout JSONWriter) {
    json.object { json in
      json.member("epoch", epoch)
      json.member("next_id", nextID)
      json.member("known_count", count(of: .known))
      json.member("novel_count", count(of: .novel))
      json.member("retired_count", count(of: .retired))
      json.key("prototypes")
      json.array { json in for prototype in prototypes { prototype.write(&json) } }
    }
  }
}

extension CalibrationClass {
  fileprivate func write(_ json: inout JSONWriter) {
    json.object { json in
      json.member("id", id)
      json.member("images", features.count)
    }
  }
}

extension QuantisationSection {
  fileprivate func write(_ json: inout JSONWriter) {
    json.object { json in
      json.member("images", images)
      json.member("agreeing", agreeing)
      json.member("probability_change", probabilityChange)
      json.key("is_default")
      json.value(isDefault)
    }
  }
}

extension Prototype {
  fileprivate func write(_ json: inout JSONWriter) {
    json.object { json in
      json.member("id", id)
      json.member("name", name.isEmpty ? nil : name)
      json.member("kind", kind.name)
      json.member("usage", usage)
      json.key("confidence_sum")
      json.value(confidenceSum)
      json.member("birth_epoch", birthEpoch)
      json.member("merged_into", mergedInto)
    }
  }
}

extension Prototype.Kind {
  var name: String {
    switch self {
    case .known: "known"
    case .novel: "novel"
    case .retired: "retired"
    }
  }
}

extension Provenance {
  fileprivate func write(_ json: inout JSONWriter) {
    json.object { json in
      json.member("creator", creator)
      json.member("training_data", trainingData)
      json.member("recipe", recipe)
      json.member("parent_sha256", parent?.hex)
      json.member("licence", licence)
      json.member("description", description)
      json.member("source_sha256", source?.hex)
      json.member("created", created)
    }
  }
}
