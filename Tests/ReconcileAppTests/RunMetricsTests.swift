import AWSServices
import FoundationEssentials
import HTTPTransfer
import ReconcileApp
import ReconcileCore
import TestSupport
import Testing

@Suite struct RunMetricsTests {
    /// The program's, not Testing's.
    typealias ExitStatus = ReconcileCore.ExitStatus

    private func report(domain: String = "acme") throws -> RunReport {
        let shard = try #require(Shard("3/8"))
        var report = RunReport(runID: "r", domain: domain, shard: shard, startedAt: Timestamp(seconds: 1_000))
        report.versions.listed = 10
        report.versions.inSync = 6
        report.versions.missing = 3
        report.versions.stale = 1
        report.versions.orphaned = 2
        report.versions.copied = 3
        report.versions.deleted = 4
        report.versions.mutated = 2
        report.versions.failed = 1
        report.assets.copied = 7
        report.bytes.copied = 4_096
        report.requests = ["s3.PutObject": 9, "codeartifact.ListPackages": 1]
        return report
    }

    private func metrics(_ report: RunReport, _ exit: ExitStatus = .converged, at end: Double = 1_760_000_000)
        -> Metrics
    {
        Metrics(report, exit: exit, endedAt: end, elapsed: .milliseconds(12_345))
    }

    @Test func `the digest of the records shows its cutoff and what it contradicts, where a run has one`() {
        var report = RunReport(runID: "r", domain: "acme", shard: .whole, startedAt: Timestamp(seconds: 0))
        func lines(_ report: RunReport) -> [String] {
            Metrics(report, exit: .verificationFailed, endedAt: 0, elapsed: .zero).exposition()
                .split(separator: "\n").map(String.init).filter { $0.hasPrefix("reconcile_checkpoint_") }
        }
        #expect(lines(report) == [])
        let contradiction = RunReport.Contradiction(checkpoint: "acme/checkpoints/x", message: "gone")
        report.checkpoint = RunReport.CheckpointAccount(
            cutoff: "2026-11-22T08:00:00Z",
            digest: "d",
            records: 3,
            previous: nil,
            contradictions: [contradiction]
        )
        #expect(
            lines(report) == [
                #"reconcile_checkpoint_cutoff_timestamp_seconds{domain="acme",shard="0_1"} 1795334400"#,
                #"reconcile_checkpoint_contradictions{domain="acme",shard="0_1"} 1"#,
            ]
        )
    }

    @Test func `the digest of the records is a comment, as a verification takes it, and the next run replaces it`() {
        var report = RunReport(runID: "r", domain: "acme", shard: .whole, startedAt: Timestamp(seconds: 0))
        func exposition(_ digest: String, after earlier: String?) -> String {
            report.checkpoint = RunReport.CheckpointAccount(
                cutoff: "2026-11-22T08:00:00Z",
                digest: digest,
                records: 3,
                previous: nil,
                contradictions: []
            )
            return Metrics(report, exit: .converged, endedAt: 0, elapsed: .zero).exposition(after: earlier)
        }
        func comments(_ text: String) -> [Substring] {
            text.split(separator: "\n").filter { line in
                line.hasPrefix("#") && !["# HELP ", "# TYPE "].contains { line.hasPrefix($0) }
            }
        }
        let name = "reconcile_checkpoint_cutoff_timestamp_seconds"
        let first = exposition("one", after: nil)
        #expect(comments(first) == ["# DIGEST \(name) 20261122T080000Z:one"])
        #expect(comments(exposition("two", after: first)) == ["# DIGEST \(name) 20261122T080000Z:two"])
        // A verification that shares the file keeps it.
        let verification = VerifyReport(
            runID: "v",
            domain: "acme",
            options: Verifier.Options(),
            startedAt: Timestamp(seconds: 0)
        )
        let shared = Metrics(verification, exit: .converged, endedAt: 0, elapsed: .zero).exposition(after: first)
        #expect(comments(shared) == comments(first))
    }

    @Test func `every family is written with its help, its type and its samples`() throws {
        let expected = """
            # HELP reconcile_last_run_timestamp_seconds When the last run ended, in seconds since 1970.
            # TYPE reconcile_last_run_timestamp_seconds gauge
            reconcile_last_run_timestamp_seconds{domain="acme",shard="3_8"} 1760000000
            # HELP reconcile_last_success_timestamp_seconds When the last run ended that found or brought everything \
            in order, in seconds since 1970.
            # TYPE reconcile_last_success_timestamp_seconds gauge
            reconcile_last_success_timestamp_seconds{domain="acme",shard="3_8"} 1760000000
            # HELP reconcile_run_duration_seconds How long the last run took.
            # TYPE reconcile_run_duration_seconds gauge
            reconcile_run_duration_seconds{domain="acme",shard="3_8"} 12.345
            # HELP reconcile_exit_status Exit status of the last run; 0 is converged.
            # TYPE reconcile_exit_status gauge
            reconcile_exit_status{domain="acme",shard="3_8"} 0
            # HELP reconcile_versions Package versions of the last run, by state; a version may count in several.
            # TYPE reconcile_versions gauge
            reconcile_versions{domain="acme",shard="3_8",state="listed"} 10
            reconcile_versions{domain="acme",shard="3_8",state="in_sync"} 6
            reconcile_versions{domain="acme",shard="3_8",state="missing"} 3
            reconcile_versions{domain="acme",shard="3_8",state="stale"} 1
            reconcile_versions{domain="acme",shard="3_8",state="orphaned"} 2
            reconcile_versions{domain="acme",shard="3_8",state="copied"} 3
            reconcile_versions{domain="acme",shard="3_8",state="deleted"} 4
            reconcile_versions{domain="acme",shard="3_8",state="pending"} 0
            reconcile_versions{domain="acme",shard="3_8",state="mutated"} 2
            reconcile_versions{domain="acme",shard="3_8",state="unavailable"} 0
            reconcile_versions{domain="acme",shard="3_8",state="failed"} 1
            reconcile_versions{domain="acme",shard="3_8",state="skipped"} 0
            reconcile_versions{domain="acme",shard="3_8",state="unprotected"} 1
            # HELP reconcile_assets Assets that the last run moved or took over, by state.
            # TYPE reconcile_assets gauge
            reconcile_assets{domain="acme",shard="3_8",state="copied"} 7
            reconcile_assets{domain="acme",shard="3_8",state="adopted"} 0
            reconcile_assets{domain="acme",shard="3_8",state="failed"} 0
            # HELP reconcile_copied_bytes Bytes of the assets that the last run copied.
            # TYPE reconcile_copied_bytes gauge
            reconcile_copied_bytes{domain="acme",shard="3_8"} 4096
            # HELP reconcile_bytes_copied Deprecated name of reconcile_copied_bytes; removed in the next release.
            # TYPE reconcile_bytes_copied gauge
            reconcile_bytes_copied{domain="acme",shard="3_8"} 4096
            # HELP reconcile_requests Requests that the last run sent, by operation, repeated ones included.
            # TYPE reconcile_requests gauge
            reconcile_requests{domain="acme",shard="3_8",operation="codeartifact.ListPackages"} 1
            reconcile_requests{domain="acme",shard="3_8",operation="s3.PutObject"} 9
            # HELP reconcile_oldest_unprotected_age_seconds Age of the oldest version that the last run left \
            unprotected; 0 when there is none of known age.
            # TYPE reconcile_oldest_unprotected_age_seconds gauge
            reconcile_oldest_unprotected_age_seconds{domain="acme",shard="3_8"} 0
            # HELP reconcile_configuration_changes Changes of the domain's configuration that the last run found, by kind; \
            access is policies and restrictions.
            # TYPE reconcile_configuration_changes gauge
            reconcile_configuration_changes{domain="acme",shard="3_8",kind="access"} 0
            reconcile_configuration_changes{domain="acme",shard="3_8",kind="other"} 0
            # HELP reconcile_build_info 1; its labels say which program did the last run.
            # TYPE reconcile_build_info gauge
            reconcile_build_info{domain="acme",shard="3_8",version="0.2.0",commit="\(ProgramVersion.commit ?? "")"} 1

            """
        #expect(metrics(try report()).exposition() == expected)
    }

    @Test(arguments: ExitStatus.allCases)
    func `only a converged run has a time of success`(exit: ExitStatus) throws {
        let text = metrics(try report(), exit).exposition()
        #expect(text.contains("\nreconcile_last_success_timestamp_seconds{") == (exit == .converged))
        #expect(text.contains("\nreconcile_exit_status{domain=\"acme\",shard=\"3_8\"} \(exit.rawValue)\n"))
    }

    @Test func `a label's value is escaped`() throws {
        let text = metrics(try report(domain: "a\"b\\c\nd")).exposition()
        #expect(text.contains(#"reconcile_exit_status{domain="a\"b\\c\nd",shard="3_8"} 0"#))
    }

    @Test func `a run that fails leaves the last success in the file, and the next success replaces it`() async throws {
        try await withScratchDirectory { directory in
            let file = directory + "/reconcile.prom"
            let success = #"reconcile_last_success_timestamp_seconds{domain="acme",shard="3_8"} "#
            func samples() throws -> [String] {
                String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self).split(separator: "\n")
                    .map(String.init).filter { $0.hasPrefix("reconcile_last") }
            }
            try metrics(try report(), .failures, at: 10).write(to: OutputFile(flag: "--metrics-file", path: file))
            #expect(try samples() == [#"reconcile_last_run_timestamp_seconds{domain="acme",shard="3_8"} 10"#])
            try metrics(try report(), at: 20).write(to: OutputFile(flag: "--metrics-file", path: file))
            try metrics(try report(), .unavailable, at: 30).write(to: OutputFile(flag: "--metrics-file", path: file))
            try metrics(try report(), .unavailable, at: 40).write(to: OutputFile(flag: "--metrics-file", path: file))
            #expect(
                try samples() == [
                    #"reconcile_last_run_timestamp_seconds{domain="acme",shard="3_8"} 40"#, success + "20",
                ]
            )
            try metrics(try report(domain: "other"), .failures, at: 50).write(
                to: OutputFile(flag: "--metrics-file", path: file)
            )
            #expect(try samples() == [#"reconcile_last_run_timestamp_seconds{domain="other",shard="3_8"} 50"#])
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect("\(attributes[.posixPermissions] ?? "")" == "\(0o644)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["reconcile.prom"])
        }
    }

    @Test(arguments: [(ExitStatus.converged, "PUT"), (.failures, "POST"), (.deadline, "POST"), (.credentials, "POST")])
    func `a success replaces the group, any other end only what it sends`(exit: ExitStatus, method: String) async throws
    {
        try await ScriptedHTTPServer.withServer { _ in
            .reply(200, text: "")
        } _: { server in
            let metrics = metrics(try report(domain: "my domain"), exit)
            let gateway = try ServiceEndpoint(server.url("/base/"))
            try await withTimeout {
                try await HTTPClient.withClient { try await metrics.push(to: gateway, with: $0) }
            }
            let request = try #require(server.requests.first)
            #expect(request.method == method)
            #expect(request.target == "/base/metrics/job/reconcile/domain/my%20domain/shard/3_8")
            #expect(request["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(String(decoding: request.body, as: UTF8.self) == metrics.exposition())
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a refused push says why`() async throws {
        try await ScriptedHTTPServer.withServer { _ in
            .reply(400, text: "inconsistent\nmetrics")
        } _: { server in
            let metrics = metrics(try report())
            let gateway = try ServiceEndpoint(server.url(""))
            let failure = await #expect(throws: Metrics.PushRefused.self) {
                try await withTimeout {
                    try await HTTPClient.withClient { try await metrics.push(to: gateway, with: $0) }
                }
            }
            #expect(failure?.description == "it answered status 400: inconsistent metrics")
        }
    }
}
