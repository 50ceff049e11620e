import CAL  // only to link the library under test
import CCal
import Testing

/// The calling thread's error sentence.
var lastError: String { String(cString: cal_last_error()) }

func name(_ status: cal_status) -> String { String(cString: cal_status_name(status)) }

/// Expects `status` by name, with every word of `words` in the error sentence.
func expect(
  _ status: cal_status, _ expected: Int, _ words: String...,
  at location: SourceLocation = #_sourceLocation
) {
  #expect(name(status) == name(cal_status(expected)), "\(lastError)", sourceLocation: location)
  for word in words {
    #expect(lastError.contains(word), sourceLocation: location)
  }
  #expect(lastError.isEmpty == (status == CAL_OK), sourceLocation: location)
}

/// Calls a function that gives variable text: once for its length, once for all of it.
func text(
  at location: SourceLocation = #_sourceLocation,
  _ call: (UnsafeMutablePointer<CChar>?, Int, UnsafeMutablePointer<Int>?) -> cal_status
) -> String {
  var length = -1
  expect(call(nil, 0, &length), CAL_OK, at: location)
  var buffer = [CChar](repeating: 0x55, count: length + 2)
  var again = -1
  expect(call(&buffer, buffer.count, &again), CAL_OK, at: location)
  #expect(again == length, sourceLocation: location)
  #expect(buffer[length] == 0 && buffer[length + 1] == 0x55, sourceLocation: location)
  return String(decoding: buffer[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self)
}
