import ReconcileCore
import TestSupport
import Testing

@Suite struct InterleavingTests {
    @Test(arguments: Sweep.Scenario.all, [false, true])
    func `whoever works at once, one state comes out`(scenario: Sweep.Scenario, keepsVersions: Bool) {
        let alone = SeededExecutor(seed: 1).run {
            let stage = Rehearsal.paged(keepsVersions: keepsVersions)
            await scenario.prepare(stage)
            await stage.settle()
            return Picture(stage).newest
        }
        for seed: UInt64 in 1...25 {
            let found = SeededExecutor(seed: seed).run { await Self.together(scenario, keepsVersions) }
            #expect(found?.problems == [], "seed \(seed)")
            let differences = found.map { found in alone.map { found.picture.differences(from: $0) } ?? ["none"] }
            #expect(differences == [], "seed \(seed)")
        }
    }

    /// Two runs and for each version two events at once, then one run.
    private static func together(
        _ scenario: Sweep.Scenario,
        _ keepsVersions: Bool
    ) async -> (picture: Picture, problems: [String]) {
        let stage = Rehearsal.paged(keepsVersions: keepsVersions)
        await scenario.prepare(stage)
        var options = Reconciler.Options()
        options.width = 3
        options.deletionGuard.allowsMassDeletion = true
        let versions = stage.source.currentVersions
        await withTaskGroup(of: Void.self) { [options] group in
            for _ in 1...2 {
                group.addTask { await stage.reconcile(options) }
                for version in versions.keys.sorted(by: { "\($0)" < "\($1)" }) {
                    group.addTask { await stage.protect(version) }
                }
            }
        }
        stage.clock.advance(by: .seconds(60))
        let report = await stage.reconcile(options)
        var problems = stage.witness.complaints
        if report.exit == .converged { problems += stage.unprotected(versions.values) }
        return (Picture(stage).newest, problems)
    }
}
