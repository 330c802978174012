import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// What a verification says while it waits.
@Suite struct VerifyWatchTests {
    @Test func `files that are waited for are counted, and no longer when the wait is over`() async throws {
        let rehearsal = Rehearsal()
        rehearsal.source.publish(version("1.0"), ["a.jar": "abc"])
        await rehearsal.run()
        // A run may be writing it.
        for key in rehearsal.store.keys where key.hasSuffix("/maven-metadata.xml") {
            rehearsal.store.damage(ObjectKey(key)) { _ in [1, 2] }
        }
        let seen = Mutex<[VerifyProgress]>([])
        let context = RunContext<VerifyProgress>(clock: rehearsal.clock, ledger: rehearsal.ledger) { progress in
            seen.withLock { $0.append(progress) }
        }
        let report = await Verifier(of: rehearsal.backup, options: Verifier.Options()).run(id: "v", in: context)
        let waiting = seen.withLock { $0.map(\.waiting) }
        #expect(report.outcome == .unsettled && report.unsettled > 0)
        #expect(waiting.max() == report.unsettled && waiting.last == 0)
    }
}
