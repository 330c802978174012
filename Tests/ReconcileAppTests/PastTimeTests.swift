import ReconcileApp
import ReconcileCore
import Testing

@Suite struct PastTimeTests {
    private static let now = Timestamp(seconds: 1_795_861_230)

    @Test(
        arguments: [
            ("2026-11-22T08:36:12Z", "2026-11-22T08:36:12Z"), ("20261122T083612Z", "2026-11-22T08:36:12Z"),
            ("2026-11-22T08:36Z", "2026-11-22T08:36:00Z"), ("2026-11-22 08:36", "2026-11-22T08:36:00Z"),
            ("2026-11-22 08:36:12Z", "2026-11-22T08:36:12Z"), ("2026-11-22", "2026-11-22T00:00:00Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z"), ("today", "2026-11-28T00:00:00Z"),
            ("yesterday", "2026-11-27T00:00:00Z"), ("now", "2026-11-28T10:20:30Z"), ("24h", "2026-11-27T10:20:30Z"),
            ("1h30m", "2026-11-28T08:50:30Z"), ("7d", "2026-11-21T10:20:30Z"),
        ]
    )
    func `a time is read as people write it, in UTC`(text: String, time: String) {
        #expect(PastTime(spelled: text, now: Self.now)?.description == time)
    }

    @Test(
        arguments: [
            "", "tomorrow", "2026-11-29", "2026-11-28T10:20:31Z", "2026-02-30", "2026-11", "2026-11-22T", "2026-11-22Z",
            "2026-11-22T08", "2026-11-22T25:00Z", "2026-11-22T08:36:12+01:00", "2026-11-22 08:36 12", "22.11.2026",
            "2026-11-22T08:36:12ZZ", "0s", "-24h", "24", "99999d", "Yesterday",
        ]
    )
    func `what is no time in the past is refused`(text: String) {
        #expect(PastTime(spelled: text, now: Self.now) == nil)
    }
}
