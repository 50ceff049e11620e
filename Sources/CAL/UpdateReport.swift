import CALModel
import CALUpdate

/// docs/UPDATES.md describes these texts; the order of the members is part of it.
extension CommitReport {
  var json: [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.member("schema", "cal.update/1")
      json.member("parent", parent.hex)
      json.member("from_epoch", fromEpoch)
      json.member("epoch", epoch)
      json.member("seen", seen)
      json.member("unexplained", unexplained)
      json.member("methods", methods)
      json.list("born", born) { $0.write(&$1) }
      json.list("retired", retired) { retired, json in
        json.member("id", retired.id)
        json.member("merged_into", retired.mergedInto)
        json.member("reason", retired.isLabelled ? "assigned" : "unused")
      }
      json.list("renamed", renamed) { renamed, json in
        json.member("id", renamed.id)
        json.member("from", renamed.from)
        json.member("to", renamed.to)
      }
      json.list("moved", moved) { moved, json in
        json.member("id", moved.id)
        json.key("cosine")
        json.value(moved.cosine)
      }
      json.list("rejected", rejected) { rejected, json in
        json.member("images", rejected.images)
        json.member("founders", rejected.founders)
        json.member("reason", rejected.reason)
        json.writeNeighbour(rejected.separation, rejected.nearest)
      }
      json.list("usage", usage) { usage, json in
        json.member("id", usage.id)
        json.member("images", usage.images)
      }
      json.list("labelled", labelled) { labelled, json in
        json.member("id", labelled.id)
        json.member("images", labelled.images)
      }
      json.key("known")
      json.object { json in
        json.member("source", known.source.rawValue)
        json.member("images", known.images)
        json.member("before", known.before)
        json.member("after", known.after)
      }
    }
    return json.bytes
  }
}

extension CommitReport.Birth {
  fileprivate func write(_ json: inout JSONWriter) {
    json.member("id", id)
    json.member("images", images)
    json.member("answered", answered)
    json.member("founders", founders)
    json.writeNeighbour(separation, nearest)
    json.key("examples")
    json.array { json in for example in examples { json.value(example.hex) } }
    json.member("name", name)
  }
}

extension Updater {
  /// For `cal_updater_status`.
  var statusJSON: [UInt8] {
    let tally = tally
    var json = JSONWriter()
    json.object { json in
      json.member("schema", "cal.updater/1")
      json.member("model", model.digest.hex)
      json.member("epoch", model.bank.epoch)
      json.key("epochs")
      json.array { json in for epoch in epochs { json.value(epoch) } }
      json.member("seen", tally.seen)
      json.member("unexplained", tally.unexplained)
      json.member("reservoir", tally.reservoir.count)
      json.member("reservoir_capacity", tally.settings.reservoir)
      json.member("samples", tally.samples.values.reduce(0) { $0 + $1.count })
      json.list("usage", tally.counts.sorted { $0.key < $1.key }) { entry, json in
        json.member("id", entry.key)
        json.member("images", entry.value.images)
        json.key("confidence")
        json.value(Double(entry.value.confidence) / 0x1p32)
      }
      json.list("labels", tally.labels.sorted { $0.key < $1.key }) { entry, json in
        json.member("id", entry.key)
        switch entry.value {
        case .name(let name): json.member("name", name)
        case .mergedInto(let id): json.member("into", id)
        }
      }
      json.list("labelled", tally.imageLabels.countsByMethod) { entry, json in
        switch entry.method {
        case .named(let name): json.member("name", name)
        case .prototype(let id): json.member("id", id)
        }
        json.member("images", entry.images)
      }
      json.key("recovery")
      guard let recovery else { return json.null() }
      json.object { json in
        json.member("offset", recovery.offset)
        json.member("lost", recovery.lost)
        json.key("damage")
        json.value(recovery.isDamage)
      }
    }
    return json.bytes
  }

  /// For `cal_updater_history`.
  func historyJSON() throws(UpdateError) -> [UInt8] {
    var entries: [(epoch: UInt64, digest: String, parent: String?, report: [UInt8])] = []
    for epoch in epochs {
      let model = try model(ofEpoch: epoch)
      entries.append(
        (epoch, model.digest.hex, model.provenance.parent?.hex, try report(ofEpoch: epoch)))
    }
    var json = JSONWriter()
    json.object { json in
      json.member("schema", "cal.history/1")
      json.list("epochs", entries) { entry, json in
        json.member("epoch", entry.epoch)
        json.member("model", entry.digest)
        json.member("parent", entry.parent)
        json.key("report")
        if entry.report.isEmpty { json.null() } else { json.written(entry.report) }
      }
    }
    return json.bytes
  }
}

extension JSONWriter {
  /// A member that is an array of objects.
  fileprivate mutating func list<Entries: Sequence>(
    _ name: String, _ entries: Entries, _ members: (Entries.Element, inout JSONWriter) -> Void
  ) {
    key(name)
    array { json in
      for entry in entries { json.object { json in members(entry, &json) } }
    }
  }

  /// How far a group is from the nearest other one, and the nearest prototype.
  fileprivate mutating func writeNeighbour(_ separation: Double, _ nearest: UInt64?) {
    key("separation")
    value(separation)
    key("nearest")
    if let nearest { value(nearest) } else { null() }
  }
}
