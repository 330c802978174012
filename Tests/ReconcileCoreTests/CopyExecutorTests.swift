import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import ReconcileCore

/// Where the copy of a version runs.
@Suite struct CopyExecutorTests {
    /// Runs its jobs elsewhere, and counts them.
    private final class CountingExecutor: TaskExecutor {
        let jobs = Atomic(0)

        func enqueue(_ job: consuming ExecutorJob) {
            jobs.add(1, ordering: .relaxed)
            let job = UnownedJob(job)
            DispatchQueue.global().async { [self] in unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    private func run(_ rehearsal: Rehearsal, on executor: CountingExecutor) async -> (report: RunReport, jobs: Int) {
        let width = AdaptiveWidth(.fixed(4), ceiling: 4, grace: .seconds(25))
        let reconciler = Reconciler(
            source: rehearsal.source,
            backup: rehearsal.backup,
            options: Reconciler.Options(),
            recorder: Manifest.Recorder(door: "reconcile", version: "test"),
            places: TransferPlaces(width, on: executor)
        )
        let context = RunContext<RunEvent>(clock: rehearsal.clock, ledger: rehearsal.ledger)
        let before = executor.jobs.load(ordering: .relaxed)
        let report = await reconciler.run(id: "run-1", in: context)
        return (report, executor.jobs.load(ordering: .relaxed) - before)
    }

    @Test func `versions are copied on the executor of their places, and listed elsewhere`() async throws {
        let rehearsal = Rehearsal()
        for number in 0..<5 { rehearsal.source.publish(version("1.\(number)")) }
        let executor = CountingExecutor()
        let first = await run(rehearsal, on: executor)
        #expect(first.report.versions.copied == 5)
        // Each version begins there, and each asset.
        #expect(first.jobs >= 10)
        let second = await run(rehearsal, on: executor)
        #expect(second.report.versions.inSync == 5)
        #expect(second.jobs == 0)
    }
}
