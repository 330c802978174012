import LocalServices
import ReconcileApp
import ReconcileCore
import Synchronization
import TestSupport
import Testing

/// A session that runs more than once, as a Lambda process does.
struct SessionTests {
    /// The machine's clock, whose waits end at once and are remembered.
    private final class SleeplessClock: RunClock {
        private let system = SystemClock()
        private let waits = Mutex<[Duration]>([])

        func now() -> Duration { system.now() }
        func secondsSince1970() -> Double { system.secondsSince1970() }
        func sleep(for duration: Duration) async throws { waits.withLock { $0.append(duration) } }

        /// The longest wait since it was last asked.
        func longestWait() -> Duration {
            waits.withLock { waits in
                defer { waits = [] }
                return waits.max() ?? .zero
            }
        }
    }

    @Test func `a run of the whole after a run of a shard has the whole budget of requests again`() async throws {
        try await withTimeout(60) {
            try await withScratchDirectory { directory in
                try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                    for number in 1...4 {
                        server.publish(try version("com.acme:lib-\(number):1.0"), assets: ["lib.jar": [1, 2, 3]])
                    }
                    let clock = SleeplessClock()
                    let job = try ReconcileJob(
                        flags: [
                            .domain: [server.configuration.domain], .domainOwner: [server.configuration.owner],
                            .backup: ["file://\(directory)/backup"], .rateListPackageVersions: ["1"],
                        ],
                        environment: server.environment,
                        settingsFile: nil,
                        clock: clock
                    )
                    try await job.open(createsBackup: true) { session in
                        _ = await session.reconcile(shard: Shard("0/1"), endsOnSignal: false)
                        // Four packages at one a second: the last waits three.
                        #expect(clock.longestWait() <= .seconds(3))
                        _ = await session.reconcile(shard: Shard("0/1000"), endsOnSignal: false)
                        _ = clock.longestWait()
                        let whole = await session.reconcile(endsOnSignal: false)
                        #expect(whole.report.versions.inSync == 4)
                        let longest = clock.longestWait()
                        #expect(longest > .seconds(2) && longest <= .seconds(3))
                    }
                }
            }
        }
    }
}
