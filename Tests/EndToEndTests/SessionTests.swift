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

    /// Gives `body` a job on the domain of `server`, as the command makes it.
    private func withJob(
        of server: LocalCodeArtifact,
        to backup: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        clock: any RunClock = SystemClock(),
        _ body: @Sendable (ReconcileJob) async throws -> Void
    ) async throws {
        let configuration = server.configuration
        let run = try Run.parse(
            [
                "--domain=\(configuration.domain)", "--domain-owner=\(configuration.owner)", "--backup=\(backup)",
            ] + arguments
        )
        let environment = server.environment.merging(environment) { $1 }
        let host = try Host(environment: environment, log: run.log, profile: nil, clock: clock)
        try await run.aws.withAccess(on: host, for: run.operations, limits: run.rates.limits) { access in
            let backup = try run.backup.open(access, run.bucket, creates: true)
            try await body(
                ReconcileJob(
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
            )
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
                    try await withJob(
                        of: server,
                        to: "file://\(directory)/backup",
                        ["--rate-list-package-versions=1"],
                        clock: clock
                    ) { job in
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

    @Test("A store that takes connections and says nothing keeps no run beyond its deadline, grace and ending")
    func silentStore() async throws {
        try await withTimeout {
            try await LocalCodeArtifact.with(LocalCodeArtifact.Configuration()) { server in
                server.publish(try version("com.acme:lib:1.0"), assets: ["lib.jar": [1, 2, 3]])
                try await ScriptedHTTPServer.withSilentPort { port in
                    let environment = ["AWS_ENDPOINT_URL_S3": "http://127.0.0.1:\(port)"]
                    try await withJob(of: server, to: "s3://backup/b", environment: environment) { job in
                        let budget = RunBudget(
                            deadline: .milliseconds(300),
                            grace: .milliseconds(300),
                            ending: .milliseconds(300)
                        )
                        let begun = SystemClock().now()
                        let ended = await job.reconcile(within: budget, endsOnSignal: false)
                        #expect(ended.report.outcome == .deadline)
                        #expect(ended.exit == .deadline)
                        #expect(ended.reportKey == nil)
                        // Any one of its requests would wait a minute.
                        #expect(SystemClock().now() - begun < .seconds(20))
                    }
                }
            }
        }
    }
}
