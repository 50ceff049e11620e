import CALModel

extension ModelDraft {
  /// Position of the tensors, which are last.
  var headCount: Int { head().count }

  func bytes() -> [UInt8] {
    var wire = Wire()
    wire.raw(head())
    for tensor in tensors { wire.data(15, bytes(of: tensor)) }
    wire.raw(extraInModel)
    return wire.bytes
  }

  private func head() -> [UInt8] {
    Wire.message { model in
      model.fixed32(1, magic)
      model.varint(2, version)
      model.data(3, preprocessing)
      model.data(4, network)
      model.data(5, bank)
      model.data(6, decision)
      model.data(7, provenance)
      if let quantisation { model.data(9, bytes(of: quantisation)) }
    }
  }

  private var preprocessing: [UInt8] {
    Wire.message {
      $0.varint(1, size)
      $0.floats(2, mean)
      $0.floats(3, deviation)
      $0.varint(4, filter)
    }
  }

  private var network: [UInt8] {
    Wire.message { network in
      network.varint(1, block)
      let stemBytes = Wire.message {
        $0.varint(1, stem.kernel)
        $0.varint(2, stem.stride)
        $0.varint(3, stem.channels)
        $0.varint(4, stem.maxPool)
        $0.raw(extraInStem)
      }
      network.data(2, stemBytes)
      for stage in stages { network.data(3, bytes(of: stage)) }
      if let ffe {
        let ffeBytes = Wire.message {
          $0.varint(1, ffe.hidden)
          $0.varint(2, ffe.grid)
        }
        network.data(4, ffeBytes)
      }
      let neckBytes = Wire.message {
        $0.varint(1, neck.kind)
        $0.float(2, neck.epsilon)
        if neck.kind == 4 { $0.varint(3, features) }
      }
      network.data(5, neckBytes)
      network.float(6, epsilon)
    }
  }

  private func bytes(of stage: Stage) -> [UInt8] {
    Wire.message {
      $0.varint(1, stage.blocks)
      $0.varint(2, stage.inner)
      $0.varint(3, stage.out)
      $0.varint(4, stage.stride)
    }
  }

  private var bank: [UInt8] {
    Wire.message { bank in
      bank.varint(1, epoch)
      bank.varint(2, nextID)
      for entry in prototypes { bank.data(3, bytes(of: entry)) }
      bank.raw(extraInBank)
    }
  }

  private func bytes(of entry: Entry) -> [UInt8] {
    Wire.message {
      $0.varint(1, entry.id)
      $0.varint(2, entry.kind)
      $0.data(3, entry.name)
      if !entry.vector.isEmpty { $0.data(4, entry.vector) }
      $0.varint(5, entry.usage)
      $0.double(6, entry.confidenceSum)
      $0.varint(7, entry.birthEpoch)
      if entry.mergedInto != 0 { $0.varint(8, entry.mergedInto) }
      $0.raw(entry.extra)
    }
  }

  private var decision: [UInt8] {
    Wire.message {
      $0.float(1, knownThreshold)
      $0.float(2, novelThreshold)
      $0.float(3, temperature)
    }
  }

  private var provenance: [UInt8] {
    Wire.message {
      $0.text(1, creator)
      $0.text(2, "set")
      $0.text(3, "paper")
      $0.data(4, parent)
      $0.text(5, "CC0-1.0")
      $0.text(6, details)
      $0.text(7, source)
      $0.text(8, "2026-01-02T03:04:05Z")
    }
  }

  private func bytes(of quantisation: Quantisation) -> [UInt8] {
    Wire.message {
      for input in quantisation.inputs {
        let inputBytes = Wire.message {
          $0.text(1, input.name)
          $0.float(2, input.range)
        }
        $0.data(1, inputBytes)
      }
      $0.varint(2, quantisation.images)
      $0.varint(3, quantisation.agreeing)
      $0.float(4, quantisation.change)
      $0.varint(5, quantisation.isDefault)
      $0.raw(quantisation.extra)
    }
  }

  private func bytes(of tensor: Tensor) -> [UInt8] {
    Wire.message {
      $0.text(1, tensor.name)
      $0.data(2, Wire.message { shape in for side in tensor.shape { shape.number(side) } })
      $0.varint(3, tensor.type)
      $0.data(4, tensor.data)
      $0.raw(tensor.extra)
    }
  }
}

/// Loads from memory.
func load(_ bytes: [UInt8]) throws(ModelError) -> Model { try Model(bytes: bytes.span.bytes) }

/// What loading says; nil if it works.
func loadError(_ bytes: [UInt8]) -> ModelError? {
  do throws(ModelError) {
    _ = try load(bytes)
    return nil
  } catch {
    return error
  }
}
