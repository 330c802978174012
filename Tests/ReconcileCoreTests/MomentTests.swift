import ReconcileCore
import TestSupport
import Testing

/// A moment before the first record.
@Suite struct MomentTests {
    @Test func `a restore as of a time before the first record names that record's time`() async {
        let rehearsal = await Rehearsal.backedUp { $0.publish(version("1.0")) }
        let sentence =
            "nothing of it was recorded by 2026-11-22T08:36:11Z; its first record is of 2026-11-22T08:36:12Z. Choose a "
            + "later --as-of"
        for writes in [true, false] {
            var options = Restorer.Options()
            options.writes = writes
            options.choice.asOf = time("2026-11-22T08:36:11Z")
            let early = await rehearsal.restore(options)
            #expect(early.run.outcome == .failed && early.run.failureKind == .absent)
            #expect(early.run.message?.contains(sentence) == true)
            options.choice.asOf = time("2026-11-22T08:36:12Z")
            #expect(await rehearsal.restore(options).run.outcome == .converged)
        }
    }
}
