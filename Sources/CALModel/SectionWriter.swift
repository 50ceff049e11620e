import CALNetwork
import CModelFormat

// From Swift values to protobuf-c's messages, which point into the arena.

extension Preprocessing {
  func message(in arena: inout PackArena) -> Cal__Model__Preprocessing {
    var message = Cal__Model__Preprocessing()
    cal__model__preprocessing__init(&message)
    message.size = UInt32(size)
    message.n_mean = mean.count
    message.mean = arena.list(mean)
    message.n_deviation = deviation.count
    message.deviation = arena.list(deviation)
    message.filter = CAL__MODEL__PREPROCESSING__FILTER__FILTER_BILINEAR_ANTIALIASED
    return message
  }
}

extension Decision {
  var message: Cal__Model__Decision {
    var message = Cal__Model__Decision()
    cal__model__decision__init(&message)
    message.known_threshold = knownThreshold
    message.novel_threshold = novelThreshold
    message.temperature = temperature
    return message
  }
}

extension Provenance {
  func message(in arena: inout PackArena) -> Cal__Model__Provenance {
    var message = Cal__Model__Provenance()
    cal__model__provenance__init(&message)
    message.creator = arena.text(creator)
    message.training_data = arena.text(trainingData)
    message.recipe = arena.text(recipe)
    if let parent {
      message.parent_sha256 = arena.data(parent.withBytes { $0.array(0..<$0.byteCount) })
    }
    message.licence = arena.text(licence)
    message.description = arena.text(description)
    message.source_sha256 = arena.text(source?.hex ?? "")
    message.created = arena.text(created)
    return message
  }
}

extension NetworkSpec {
  func message(in arena: inout PackArena) -> Cal__Model__Network {
    var message = Cal__Model__Network()
    cal__model__network__init(&message)
    message.block =
      block == .basic
      ? CAL__MODEL__NETWORK__BLOCK__BLOCK_BASIC : CAL__MODEL__NETWORK__BLOCK__BLOCK_BOTTLENECK
    message.stem = arena.place(stem.message)
    message.n_stages = stages.count
    message.stages = arena.list(stages.map { arena.place($0.message) })
    if let ffe { message.ffe = arena.place(ffe.message) }
    message.neck = arena.place(neck.message)
    message.norm_epsilon = normEpsilon
    return message
  }
}

extension NetworkSpec.Stem {
  fileprivate var message: Cal__Model__Stem {
    var message = Cal__Model__Stem()
    cal__model__stem__init(&message)
    message.kernel = UInt32(kernel)
    message.stride = UInt32(stride)
    message.channels = UInt32(channels)
    message.max_pool = maxPool ? 1 : 0
    return message
  }
}

extension NetworkSpec.Stage {
  fileprivate var message: Cal__Model__Stage {
    var message = Cal__Model__Stage()
    cal__model__stage__init(&message)
    message.blocks = UInt32(blocks)
    message.inner_channels = UInt32(innerChannels)
    message.out_channels = UInt32(outChannels)
    message.stride = UInt32(stride)
    return message
  }
}

extension NetworkSpec.FFE {
  fileprivate var message: Cal__Model__Ffe {
    var message = Cal__Model__Ffe()
    cal__model__ffe__init(&message)
    message.hidden_channels = UInt32(hiddenChannels)
    message.grid = UInt32(grid)
    return message
  }
}

extension NetworkSpec.Neck {
  fileprivate var message: Cal__Model__Neck {
    var message = Cal__Model__Neck()
    cal__model__neck__init(&message)
    switch self {
    case .none: message.kind = CAL__MODEL__NECK__KIND__KIND_NONE
    case .batchNorm(let epsilon):
      message.kind = CAL__MODEL__NECK__KIND__KIND_BATCH_NORM
      message.norm_epsilon = epsilon
    case .batchNormUnit(let epsilon):
      message.kind = CAL__MODEL__NECK__KIND__KIND_BATCH_NORM_UNIT
      message.norm_epsilon = epsilon
    case .statistics(let features):
      message.kind = CAL__MODEL__NECK__KIND__KIND_STATISTICS
      message.features = UInt32(features)
    }
    return message
  }
}
