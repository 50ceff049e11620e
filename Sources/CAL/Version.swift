import CCal

@_cdecl("cal_version") @implementation
public func cal_version() -> UnsafePointer<CChar>! { staticText(versionText) }

@_cdecl("cal_version_number") @implementation
public func cal_version_number() -> Int32 {
  CAL_VERSION_MAJOR * 1_000_000 + CAL_VERSION_MINOR * 1000 + CAL_VERSION_PATCH
}

@_cdecl("cal_abi_version") @implementation
public func cal_abi_version() -> Int32 { CAL_ABI_VERSION }

@_cdecl("cal_build_info") @implementation
public func cal_build_info(
  _ buffer: UnsafeMutablePointer<CChar>!, _ capacity: Int, _ length: UnsafeMutablePointer<Int>!
) -> cal_status {
  status { () throws(Failure) in
    let output = try TextOutput(buffer, capacity, length)
    output.write(Array(BuildInfo.text.utf8))
  }
}

@_cdecl("cal_check_version") @implementation
public func cal_check_version(
  _ header_abi_version: Int32, _ header_version_number: Int32
) -> cal_status {
  status { () throws(Failure) in
    guard header_abi_version == CAL_ABI_VERSION else {
      throw Failure(
        CAL_ERR_VERSION,
        "the header has ABI \(header_abi_version), this library has ABI \(CAL_ABI_VERSION)")
    }
    guard header_version_number <= cal_version_number() else {
      throw Failure(
        CAL_ERR_VERSION,
        "the header is version \(header_version_number), this library is the older "
          + "\(cal_version_number())")
    }
  }
}

let versionText: StaticString = "1.0.0"
