import CCal
import Testing

@Suite struct StatusTests {
  @Test func everyStatusHasItsName() {
    #expect(name(0) == "CAL_OK")
    #expect(name(101) == "CAL_ERR_ARGUMENT")
    #expect(name(102) == "CAL_ERR_STRUCT_SIZE")
    #expect(name(103) == "CAL_ERR_HANDLE")
    #expect(name(104) == "CAL_ERR_BUSY")
    #expect(name(105) == "CAL_ERR_VERSION")
    #expect(name(106) == "CAL_ERR_NOT_FOUND")
    #expect(name(201) == "CAL_ERR_MODEL_FORMAT")
    #expect(name(202) == "CAL_ERR_MODEL_VERSION")
    #expect(name(203) == "CAL_ERR_MODEL_INVALID")
    #expect(name(204) == "CAL_ERR_MODEL_LIMIT")
    #expect(name(301) == "CAL_ERR_IMAGE_SIZE")
    #expect(name(302) == "CAL_ERR_IMAGE_STRIDE")
    #expect(name(303) == "CAL_ERR_IMAGE_BUFFER")
    #expect(name(304) == "CAL_ERR_IMAGE_FORMAT")
    #expect(name(305) == "CAL_ERR_IMAGE_BOX")
    #expect(name(401) == "CAL_ERR_NUMERIC")
    #expect(name(501) == "CAL_ERR_MEMORY")
    #expect(name(502) == "CAL_ERR_IO")
    #expect(name(503) == "CAL_ERR_THREADS")
    #expect(name(601) == "CAL_ERR_CANCELLED")
    #expect(name(901) == "CAL_ERR_INTERNAL")
  }

  @Test(arguments: [-1, 1, 100, 107, 900, 999, cal_status.min, cal_status.max])
  func otherValuesAreUnknown(status: cal_status) {
    #expect(name(status) == "CAL_ERR_UNKNOWN")
  }

  @Test func lastErrorIsClearedBySuccessOnly() {
    expect(cal_check_version(0, 0), CAL_ERR_VERSION)
    let sentence = lastError
    #expect(!sentence.isEmpty)
    #expect(lastError == sentence, "asking does not clear it")
    _ = cal_version()
    cal_model_free(nil)
    #expect(lastError == sentence, "neither do functions without a status")
    expect(cal_check_version(CAL_ABI_VERSION, 0), CAL_OK)
    #expect(lastError == "")
  }

  @Test func lastErrorIsTheThreadsOwn() {
    let mine = Thread.run { () -> String in
      _ = cal_check_version(77, 0)
      let other = Thread.run { () -> String in
        let before = lastError
        _ = cal_check_version(88, 0)
        return before + "|" + lastError
      }
      return lastError + "|" + other
    }
    let parts = mine.split(separator: "|", omittingEmptySubsequences: false)
    #expect(parts.count == 3)
    #expect(parts[0].contains("77"))
    #expect(parts[1] == "")
    #expect(parts[2].contains("88"))
  }
}
