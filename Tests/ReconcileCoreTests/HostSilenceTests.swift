import ReconcileCore
import TestSupport
import Testing

@Suite struct HostSilenceTests {
    private let host = RemoteHost("a.example.com", purpose: "the store of assets", advice: "the route")
    private let ledger = RequestLedger()

    private let failure = RemoteFailure(
        .unavailable,
        operation: TestOperations.listPackages,
        target: "releases",
        message: "no connection"
    )

    /// Counts this many requests without an answer, evenly spaced over `span`; returns the last failure.
    @discardableResult
    private func miss(_ count: Int, from start: Duration = .zero, over span: Duration) -> RemoteFailure {
        var newest = failure
        for number in 0..<count {
            let now = start + span * number / max(1, count - 1)
            newest = ledger.unanswered(failure, by: host, at: now).failure
        }
        return newest
    }

    @Test func `a host that does not answer for a while is named, with what it is for and what to check`() throws {
        #expect(miss(11, over: .seconds(60)).kind == .unavailable)
        try ledger.checkAnswering(host, at: .seconds(60))
        let verdict = ledger.unanswered(failure, by: host, at: .seconds(61)).failure
        #expect(
            verdict.message
                == "a.example.com, the store of assets, cannot be reached: the last 12 requests to it got no answer. "
                + "Check the route. What was copied is kept; the next run continues. no connection"
        )
        #expect(verdict.kind == .unreachable)
        #expect(ItemFailure(verdict).endsRun)
        #expect(ExitStatus(verdict.kind) == .unavailable)
        #expect(throws: verdict) { try ledger.checkAnswering(host, at: .seconds(61)) }
        try ledger.checkAnswering(RemoteHost("b.example.com", purpose: "", advice: ""), at: .seconds(61))
    }

    @Test func `a host that is away for seconds ends nothing, however much is asked of it, and slows what asks`() throws
    {
        #expect(miss(1_000, over: .seconds(19)).kind == .unavailable)
        #expect(ledger.unanswered(failure, by: host, at: .seconds(19)).isHeld)
        try ledger.checkAnswering(host, at: .seconds(19))
        ledger.answered(host)
        let (newest, isHeld) = ledger.unanswered(failure, by: host, at: .seconds(30))
        #expect(newest.kind == .unavailable && !isHeld)
    }

    @Test func `one answer in between makes each failure that of a single request`() {
        for number in 0..<40 {
            if number % 11 == 0 { ledger.answered(host) }
            #expect(ledger.unanswered(failure, by: host, at: .seconds(10 * number)).failure.kind == .unavailable)
        }
        #expect(ledger.unreachable() == nil)
    }

    @Test func `a process that lives on tries again after a rest`() throws {
        miss(12, over: .seconds(20))
        #expect(throws: RemoteFailure.self) { try ledger.checkAnswering(host, at: .seconds(49)) }
        try ledger.checkAnswering(host, at: .seconds(50))
        #expect(ledger.unanswered(failure, by: host, at: .seconds(50)).failure.kind == .unreachable)
        ledger.answered(host)
        try ledger.checkAnswering(host, at: .seconds(51))
    }

    @Test func `at the end three failures are enough if a host never answered`() {
        miss(2, over: .seconds(1))
        #expect(ledger.unreachable() == nil)
        miss(1, over: .seconds(1))
        #expect(ledger.unreachable()?.kind == .unreachable)
        ledger.answered(host)
        miss(11, over: .seconds(1))
        #expect(ledger.unreachable() == nil)
    }
}
