import CCal

@_cdecl("cal_version_number") @implementation
public func cal_version_number() -> Int32 { 1_000_000 }
