import ReconcileCore
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "19700101T000000Z", "1970-01-01T00:00:00Z", "19700101000000"),
        (86_399, "19700101T235959Z", "1970-01-01T23:59:59Z", "19700101235959"),
        (951_782_400, "20000229T000000Z", "2000-02-29T00:00:00Z", "20000229000000"),
        (951_868_800, "20000301T000000Z", "2000-03-01T00:00:00Z", "20000301000000"),
        (1_709_164_800, "20240229T000000Z", "2024-02-29T00:00:00Z", "20240229000000"),
        (1_709_251_199, "20240229T235959Z", "2024-02-29T23:59:59Z", "20240229235959"),
        (1_767_225_599, "20251231T235959Z", "2025-12-31T23:59:59Z", "20251231235959"),
        (1_795_336_572, "20261122T083612Z", "2026-11-22T08:36:12Z", "20261122083612"),
        (2_147_483_648, "20380119T031408Z", "2038-01-19T03:14:08Z", "20380119031408"),
        (4_107_542_400, "21000301T000000Z", "2100-03-01T00:00:00Z", "21000301000000"),
        (253_402_300_799, "99991231T235959Z", "9999-12-31T23:59:59Z", "99991231235959"),
    ])
    func `a moment has its three spellings`(seconds: Int64, basic: String, extended: String, maven: String) {
        let moment = Timestamp(seconds: seconds)
        #expect(moment.basic == basic)
        #expect(moment.extended == extended)
        #expect(moment.maven == maven)
        #expect(moment.day == String(extended.prefix(10)))
        #expect(Timestamp(basic: basic) == moment)
        #expect(Timestamp(extended: extended) == moment)
    }

    @Test func `fractions are cut off`() {
        #expect(Timestamp(secondsSince1970: 1_795_336_572.999).extended == "2026-11-22T08:36:12Z")
    }

    @Test func `every day of four centuries comes back`() {
        for day in stride(from: Int64(0), to: 146_097, by: 1) {
            let moment = Timestamp(seconds: day * 86_400 + 43_200)
            if Timestamp(basic: moment.basic) != moment { Issue.record("day \(day) became \(moment.basic)") }
        }
    }

    @Test(arguments: [
        "", "20260230T000000Z", "20250229T000000Z", "21000229T000000Z", "20261301T000000Z", "20260001T000000Z",
        "20260100T000000Z", "20260132T000000Z", "20260431T000000Z", "20260101T240000Z", "20260101T006000Z",
        "20260101T000060Z",
        "20260101T000000", "20260101t000000Z", "20260101 000000Z", "2026010100000Z", "20260101T000000ZZ",
        "+2026101T000000Z",
        "2026-01-01T00:00:00Z", "２０２６0101T000000Z", "2026010\u{661}T00000Z",
    ])
    func `nonsense is no basic time`(text: String) {
        #expect(Timestamp(basic: text) == nil)
    }

    @Test(arguments: [
        "", "20260101T000000Z", "2026-01-01T00:00:00", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00.0Z",
        "2026-01-01T00:00:00+00:00", "2026-0101-T00:00:00Z", "2026:01:01T00-00-00Z", " 2026-01-01T00:00:00Z",
    ])
    func `nonsense is no extended time`(text: String) {
        #expect(Timestamp(extended: text) == nil)
    }

    @Test(arguments: ["2009-10-12T17:50:30Z", "2009-10-12T17:50:30.000Z", "2009-10-12T17:50:30"])
    func `what follows the seconds says nothing where it may`(text: String) {
        #expect(Timestamp(toSecondsOf: text) == Timestamp(extended: "2009-10-12T17:50:30Z"))
    }

    @Test(arguments: ["", "2009-10-12", "2009-10-12T17:50", "2009-10-12 17:50:30.000Z", "2009-02-30T17:50:30.000Z"])
    func `nothing less than seconds is a time`(text: String) {
        #expect(Timestamp(toSecondsOf: text) == nil)
    }

    @Test func `a year of five digits is written whole, and never read back`() {
        let later = Timestamp(seconds: 253_402_300_800)
        #expect(later.basic == "100000101T000000Z")
        #expect(later.day == "10000-01-01")
        #expect(Timestamp(basic: later.basic) == nil)
    }
}
