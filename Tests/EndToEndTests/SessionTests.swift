import ArgumentParser
import LocalServices
import ReconcileApp
import ReconcileCommands
import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// A session that runs more than once, as a Lambda process does.
struct SessionTests {
    /// The machine's clock, whose waits end at once and move it on.
    private final class SleeplessClock: RunClock {
        private let system = SystemClock()
        private let waits = Mutex((all: Duration.zero, new: Duration.zero))

        func now() -> Duration { system.now() + waits.withLock { $0.all } }
        func secondsSince1970() -> Double { system.secondsSince1970() }
        func sleep(for duration: Duration) async throws {
            waits.withLock { waits in
                waits.all += duration
                waits.new += duration
            }
        }

        /// The waits since it was last asked, one after another.
        func waited() -> Duration {
            waits.withLock { waits in
                defer { waits.new = .zero }
                return waits.new
            }
        }
    }

    @Test func `a run of the whole after a run of a shard has the whole budget of requests again`() async throws {
        try await withTimeout {
            try await withScratchDirectory { directory in
                try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                    for number in 1...4 {
                        server.publish(try version("com.acme:lib-\(number):1.0"), assets: ["lib.jar": [1, 2, 3]])
                    }
                    let clock = SleeplessClock()
                    let owner = server.configuration.owner
                    let arguments = [
                        "--domain=\(server.configuration.domain)", "--domain-owner=\(owner)",
                        "--backup=file://\(directory)/backup", "--rate-list-package-versions=1",
                    ]
                    let run = try Run.parse(arguments)
                    let host = try Host(environment: server.environment, log: run.log, profile: nil, clock: clock)
                    try await run.aws.withAccess(on: host, for: run.operations, limits: run.rates.limits) { access in
                        let backup = try run.backup.open(access, run.bucket, creates: true)
                        let job = ReconcileJob(
                            host: host,
                            access: access,
                            backup: backup,
                            domain: try run.domain.open(access, run.maven, named: backup.domain),
                            options: Reconciler.Options(
                                selection: run.selection,
                                origin: run.origin,
                                copying: run.copying,
                                pace: run.pace
                            )
                        )
                        let budget = RunBudget(deadline: nil, grace: .seconds(25))
                        _ = await job.reconcile(shard: Shard("0/1"), within: budget, endsOnSignal: false)
                        // Four packages at one a second: the last waits three.
                        #expect(clock.waited() <= .seconds(3))
                        _ = await job.reconcile(shard: Shard("0/1000"), within: budget, endsOnSignal: false)
                        _ = clock.waited()
                        let whole = await job.reconcile(within: budget, endsOnSignal: false)
                        #expect(whole.report.versions.inSync == 4)
                        let waited = clock.waited()
                        #expect(waited > .seconds(2) && waited <= .seconds(3))
                    }
                }
            }
        }
    }
}
