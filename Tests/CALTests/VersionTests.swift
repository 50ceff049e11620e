import CCal
import Testing

@Suite struct VersionTests {
  @Test func numbersAreTheHeaders() {
    #expect(cal_abi_version() == CAL_ABI_VERSION)
    let number = CAL_VERSION_MAJOR * 1_000_000 + CAL_VERSION_MINOR * 1000 + CAL_VERSION_PATCH
    #expect(cal_version_number() == number)
    let text = "\(CAL_VERSION_MAJOR).\(CAL_VERSION_MINOR).\(CAL_VERSION_PATCH)"
    #expect(String(cString: cal_version()) == text)
  }

  @Test func checkAcceptsThisAndOlderHeaders() {
    let number = cal_version_number()
    expect(cal_check_version(CAL_ABI_VERSION, number), CAL_OK)
    expect(cal_check_version(CAL_ABI_VERSION, number - 1), CAL_OK)
    expect(cal_check_version(CAL_ABI_VERSION, number + 1), CAL_ERR_VERSION, "\(number + 1)")
    expect(cal_check_version(CAL_ABI_VERSION + 1, number), CAL_ERR_VERSION, "ABI")
    expect(cal_check_version(.min, .min), CAL_ERR_VERSION)
  }

  @Test func buildInfoHasItsKeysInOrder() {
    let info = text { cal_build_info($0, $1, $2) }
    let lines = info.split(separator: "\n", omittingEmptySubsequences: false)
    let keys = lines.dropLast().map { $0.prefix { $0 != ":" } }
    #expect(
      keys == [
        "version", "abi", "source", "compiler", "target", "kernels", "kernels-available",
        "kernels-int8", "kernels-bf16", "precisions", "blas",
      ])
    #expect(lines.last == "")
    #expect(lines.dropLast().allSatisfy { $0.contains(": ") && !$0.hasSuffix(" ") })
    #expect(lines[0] == "version: \(String(cString: cal_version()))")
    #expect(lines[10].contains("OpenBLAS"))
  }

  /// OpenBLAS writes its part into memory that all calls share.
  @Test func buildInfoIsTheSameOnAllThreads() async {
    let expected = text { cal_build_info($0, $1, $2) }
    let same = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 {
        group.addTask {
          (0..<2000).allSatisfy { _ in text { cal_build_info($0, $1, $2) } == expected }
        }
      }
      return await group.reduce(true) { $0 && $1 }
    }
    #expect(same)
  }

  @Test(arguments: [0, 1, 2, 8, 9, 10, 100])
  func textIsCutToTheBuffer(capacity: Int) {
    let whole = text { cal_build_info($0, $1, $2) }
    var buffer = [CChar](repeating: 0x55, count: capacity + 1)
    var length = -1
    expect(cal_build_info(&buffer, capacity, &length), CAL_OK)
    #expect(length == whole.utf8.count)
    #expect(buffer[capacity] == 0x55)
    if capacity > 0 {
      #expect(buffer[capacity - 1] == 0)
      let expected = whole.utf8.prefix(capacity - 1).map(CChar.init(bitPattern:))
      #expect(Array(buffer.prefix(capacity - 1)) == expected)
    }
  }

  @Test func anEnormousCapacityIsNotWrittenTo() {
    let whole = text { cal_build_info($0, $1, $2) }
    var buffer = [CChar](repeating: 0x55, count: whole.utf8.count + 2)
    var length = 0
    expect(cal_build_info(&buffer, .max, &length), CAL_OK)
    #expect(buffer[length] == 0 && buffer[length + 1] == 0x55)
  }

  @Test func textArgumentsAreChecked() {
    var length = 7
    expect(cal_build_info(nil, 0, nil), CAL_ERR_ARGUMENT, "length")
    expect(cal_build_info(nil, 5, &length), CAL_ERR_ARGUMENT, "buffer", "5")
    var byte: CChar = 0x55
    expect(cal_build_info(&byte, -1, &length), CAL_ERR_ARGUMENT, "capacity")
    #expect(length == 7 && byte == 0x55)
  }
}
