import CCal
import CAL
import Testing

@Test func versionIsTheHeaders() { #expect(cal_version_number() == 1_000_000) }
