import CALDigest
import CALModel
import CCal
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct ModelTests {
  static func info(_ model: OpaquePointer?) -> cal_model_info {
    var info = cal_model_info()
    info.struct_size = UInt32(MemoryLayout<cal_model_info>.size)
    expect(cal_model_get_info(model, &info), CAL_OK)
    return info
  }

  static func sized() -> cal_prototype {
    var prototype = cal_prototype()
    prototype.struct_size = UInt32(MemoryLayout<cal_prototype>.size)
    return prototype
  }

  @Test func infoSaysWhatTheFileSays() {
    let model = load()
    defer { cal_model_free(model) }
    let info = ModelTests.info(model)
    #expect(info.struct_size == 80)
    #expect(info.format_version == 1)
    #expect(info.input_size == Fixture.inputSize)
    #expect(info.feature_count == Fixture.featureCount)
    #expect(info.map_height == Fixture.spec.mapSize && info.map_width == Fixture.spec.mapSize)
    #expect(info.prototype_count == 5 && info.known_count == 2)
    #expect(info.novel_count == 2 && info.retired_count == 1)
    #expect(info.bank_epoch == 6)
    #expect(info.parameter_count == Fixture.spec.parameters.reduce(0) { $0 + $1.count })
    #expect(info.file_size == Fixture.bytes.count)
    #expect(info.known_threshold == Fixture.knownThreshold)
    #expect(info.novel_threshold == Fixture.novelThreshold)
    #expect(info.temperature == Fixture.temperature)
    #expect(info.reserved == 0)
  }

  @Test func prototypesByIndexAndById() {
    let model = load()
    defer { cal_model_free(model) }
    for (i, expected) in Fixture.prototypes.enumerated() {
      var byIndex = ModelTests.sized()
      var byID = ModelTests.sized()
      expect(cal_model_get_prototype(model, UInt32(i), &byIndex), CAL_OK)
      expect(cal_model_find_prototype(model, expected.id, &byID), CAL_OK)
      for found in [byIndex, byID] {
        #expect(found.id == expected.id && found.kind == expected.kind.rawValue)
        #expect(found.usage == expected.usage && found.birth_epoch == expected.birthEpoch)
        #expect(found.merged_into == expected.mergedInto)
        let name = withUnsafeBytes(of: found.name) { Array($0.prefix { $0 != 0 }) }
        #expect(name == Array(expected.name.utf8))
      }
    }
    var none = ModelTests.sized()
    none.usage = 4711
    expect(cal_model_get_prototype(model, 5, &none), CAL_ERR_NOT_FOUND, "5")
    expect(cal_model_get_prototype(model, .max, &none), CAL_ERR_NOT_FOUND, "\(UInt32.max)")
    expect(cal_model_find_prototype(model, 8, &none), CAL_ERR_NOT_FOUND, "8")
    #expect(none.usage == 4711)
    expect(cal_model_get_prototype(model, 0, nil), CAL_ERR_ARGUMENT, "prototype")
    expect(cal_model_find_prototype(model, 3, nil), CAL_ERR_ARGUMENT, "prototype")
    expect(cal_model_get_info(model, nil), CAL_ERR_ARGUMENT, "info")
  }

  @Test func digestIsOfTheFile() {
    let model = load()
    defer { cal_model_free(model) }
    var digest = [UInt8](repeating: 0, count: 33)
    expect(cal_model_sha256(model, &digest), CAL_OK)
    let bytes = Fixture.bytes
    var sha256 = SHA256()
    sha256.update(bytes.span.bytes)
    let expected = sha256.finish()
    #expect((0..<32).allSatisfy { digest[$0] == expected[$0] } && digest[32] == 0)
    expect(cal_model_sha256(model, nil), CAL_ERR_ARGUMENT, "digest")
  }

  @Test func descriptionIsOneLineOfJSONWithFixedKeys() {
    let model = load()
    defer { cal_model_free(model) }
    let json = text { cal_model_describe(model, $0, $1, $2) }
    #expect(json == text { cal_model_describe(model, $0, $1, $2) })
    #expect(!json.contains("\n"))
    let head =
      #"{"schema":"cal.model/1","sha256":""# + digest(Fixture.bytes)
      + #"","format_version":1,"file_size":\#(Fixture.bytes.count),"parameter_count":"#
    #expect(json.hasPrefix(head))
    for part in [
      #""preprocessing":{"size":40,"mean":[0.5,0.4,0.3],"deviation":[0.25,0.2,0.225],"#,
      #""stem":{"kernel":3,"stride":1,"channels":8,"max_pool":true}"#,
      #"{"blocks":2,"inner_channels":8,"out_channels":24,"stride":2}]"#,
      #""ffe":{"hidden_channels":16,"grid":8},"neck":{"kind":"batch_norm","norm_epsilon":1e-05}"#,
      #""decision":{"known_threshold":0.25,"novel_threshold":0.5,"temperature":0.5}"#,
      #""bank":{"epoch":6,"next_id":12,"known_count":2,"novel_count":2,"retired_count":1,"#,
      #"{"id":5,"name":"old","kind":"retired","usage":105,"confidence_sum":5.5,"birth_epoch":5,"#,
      #""name":"quote \" backslash \\ slash / é 日本 🙂","#,
      #"{"id":9,"name":null,"kind":"novel","#,
      #""calibration":[],"quantization":null,"provenance":{"creator":"CALTests","#,
      #""description":"two\nlines\tand a tab","#, #""parent_sha256":null,"#,
    ] {
      #expect(json.contains(part), "\(part)")
    }
    #expect(json.hasSuffix("}}"))
  }

  @Test func descriptionOfAUnitNeck() {
    let model = load(Fixture.unit)
    defer { cal_model_free(model) }
    let json = text { cal_model_describe(model, $0, $1, $2) }
    #expect(json.contains(#""neck":{"kind":"batch_norm_unit","norm_epsilon":1e-05}"#))
  }

  private func digest(_ bytes: [UInt8]) -> String {
    var sha256 = SHA256()
    sha256.update(bytes.span.bytes)
    return sha256.finish().hex
  }
}

@Suite struct ModelLoadingTests {
  @Test func argumentsAreChecked() {
    var model = OpaquePointer(bitPattern: 99)
    expect(cal_model_load_file(nil, nil, &model), CAL_ERR_ARGUMENT, "path")
    #expect(model == nil)
    expect(cal_model_load_file("", nil, &model), CAL_ERR_ARGUMENT, "path is empty")
    expect(cal_model_load_file([0x2F, -1, -2, 0], nil, &model), CAL_ERR_ARGUMENT, "UTF-8")
    expect(cal_model_load_file("x", nil, nil), CAL_ERR_ARGUMENT, "out")
    expect(cal_model_load_memory(nil, 10, nil, &model), CAL_ERR_ARGUMENT, "data")
    expect(cal_model_load_memory("x", -1, nil, &model), CAL_ERR_ARGUMENT, "size")
    expect(cal_model_load_memory("x", .max, nil, &model), CAL_ERR_MODEL_LIMIT, "\(Int.max)")
    expect(cal_model_load_memory("x", 1, nil, nil), CAL_ERR_ARGUMENT, "out")
    let good = load()
    defer { cal_model_free(good) }
    expect(cal_model_save(good, nil), CAL_ERR_ARGUMENT, "path")
    expect(cal_model_save(good, ""), CAL_ERR_ARGUMENT, "path")
  }

  @Test func optionsAreChecked() {
    var model: OpaquePointer?
    let bytes = Fixture.bytes
    var options = cal_load_options()
    options.struct_size = 32
    options.reserved = 1
    expect(
      cal_model_load_memory(bytes, bytes.count, &options, &model), CAL_ERR_ARGUMENT, "reserved")
    options.reserved = 0
    options.size_limit = 1 << 31
    expect(
      cal_model_load_memory(bytes, bytes.count, &options, &model), CAL_ERR_ARGUMENT, "2147483648")
    options.size_limit = UInt64(bytes.count) - 1
    expect(
      cal_model_load_memory(bytes, bytes.count, &options, &model), CAL_ERR_MODEL_LIMIT,
      "\(bytes.count)")
    options.size_limit += 1
    expect(cal_model_load_memory(bytes, bytes.count, &options, &model), CAL_OK)
    cal_model_free(model)
  }

  @Test func progressCountsBytesAndMayCancel() {
    final class Calls {
      var seen: [(UInt64, UInt64)] = []
      var answer: Int32 = 0
    }
    let calls = Calls()
    var options = cal_load_options()
    options.struct_size = 32
    options.progress_user = Unmanaged.passUnretained(calls).toOpaque()
    options.progress = { user, done, total in
      let calls = Unmanaged<Calls>.fromOpaque(user!).takeUnretainedValue()
      calls.seen.append((done, total))
      return calls.answer
    }
    let bytes = Fixture.bytes
    var model: OpaquePointer?
    expect(cal_model_load_memory(bytes, bytes.count, &options, &model), CAL_OK)
    cal_model_free(model)
    let count = UInt64(bytes.count)
    #expect(calls.seen.last.map { $0 == (count, count) } == true)
    #expect(calls.seen.allSatisfy { $0.1 == count })
    #expect(zip(calls.seen, calls.seen.dropFirst()).allSatisfy { $0.0 < $1.0 })
    calls.answer = -5
    expect(cal_model_load_memory(bytes, bytes.count, &options, &model), CAL_ERR_CANCELLED)
    #expect(model == nil)
  }

  @Test func statusesOfBadBytes() {
    var model: OpaquePointer?
    func status(_ bytes: [UInt8]) -> cal_status {
      cal_model_load_memory(bytes, bytes.count, nil, &model)
    }
    let good = Fixture.bytes
    expect(status([]), CAL_ERR_MODEL_FORMAT)
    expect(status(Array("GIF89a".utf8)), CAL_ERR_MODEL_FORMAT)
    expect(status(good.dropLast()), CAL_ERR_MODEL_FORMAT)
    var newer = good
    // The version is the varint behind the five bytes of the magic number and its own tag.
    #expect(newer[5...6] == [0x10, 0x01])
    newer[6] = 2
    expect(status(newer), CAL_ERR_MODEL_VERSION, "2")
    expect(status(Array(good.prefix(7))), CAL_ERR_MODEL_INVALID)
  }

  @Test func filesAreSavedAndLoadedByteForByte() throws {
    let path = temporaryPath()
    defer { unlink(path) }
    let model = load()
    defer { cal_model_free(model) }
    expect(cal_model_save(model, path), CAL_OK)
    #expect(read(path) == Fixture.bytes)
    var again: OpaquePointer?
    expect(cal_model_load_file(path, nil, &again), CAL_OK)
    expect(cal_model_save(again, path), CAL_OK)
    #expect(read(path) == Fixture.bytes)
    cal_model_free(again)
  }

  @Test func filesThatCannotBeReadOrWritten() {
    var model: OpaquePointer?
    expect(cal_model_load_file("no/such.cal", nil, &model), CAL_ERR_IO, "no/such.cal")
    expect(cal_model_load_file(".", nil, &model), CAL_ERR_IO, ".")
    expect(cal_model_load_file("/dev/null", nil, &model), CAL_ERR_IO, "/dev/null", "regular")
    let fifo = temporaryPath()
    #expect(mkfifo(fifo, 0o600) == 0)
    defer { unlink(fifo) }
    expect(cal_model_load_file(fifo, nil, &model), CAL_ERR_IO, "regular")
    let good = load()
    defer { cal_model_free(good) }
    expect(cal_model_save(good, "no/such/folder/x.cal"), CAL_ERR_IO, "no/such/folder")
  }

  private func temporaryPath() -> String {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    return folder + "/caltests-\(getpid())-\(UInt64.random(in: 0 ... .max))"
  }

  private func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: Fixture.bytes.count + 1)
    let count = fread(&bytes, 1, bytes.count, file)
    return Array(bytes.prefix(count))
  }
}
