import AWSServices
import FoundationEssentials
import HTTPTransfer
import ReconcileApp
import ReconcileCore
import TestSupport
import Testing

@Suite struct VerifyMetricsTests {
    /// The program's, not Testing's.
    typealias ExitStatus = ReconcileCore.ExitStatus

    private func report() throws -> VerifyReport {
        var options = Verifier.Options()
        options.selection.shard = try #require(Shard("3/8"))
        var report = VerifyReport(runID: "r", domain: "acme", options: options, startedAt: Timestamp(seconds: 1_000))
        report.looked.objects.named = 12
        report.looked.objects.inspected = 5
        report.looked.objects.read = 4
        report.looked.bytes.read = 4_096
        return report
    }

    private func metrics(_ report: VerifyReport, _ exit: ExitStatus, at end: Double = 1_760_000_000) -> Metrics {
        Metrics(report, exit: exit, endedAt: end, elapsed: .milliseconds(12_345))
    }

    @Test func `a verification with faults is written with each class and without a time of being sound`() throws {
        var report = try report()
        report.faults["missing"] = 2
        report.faults["wrongBytes"] = 1
        report.unsettled = 3
        report.noted["stray"] = 7
        let expected = """
            # HELP reconcile_verify_last_run_timestamp_seconds When the last verification ended, in seconds since 1970.
            # TYPE reconcile_verify_last_run_timestamp_seconds gauge
            reconcile_verify_last_run_timestamp_seconds{domain="acme",shard="3_8"} 1760000000
            # HELP reconcile_verify_duration_seconds How long the last verification took.
            # TYPE reconcile_verify_duration_seconds gauge
            reconcile_verify_duration_seconds{domain="acme",shard="3_8"} 12.345
            # HELP reconcile_verify_exit_status Exit status of the last verification; 0 is intact, 5 is \
            unsettled or unavailable, 6 is any fault.
            # TYPE reconcile_verify_exit_status gauge
            reconcile_verify_exit_status{domain="acme",shard="3_8"} 6
            # HELP reconcile_verify_faults Faults that the last verification found, by class.
            # TYPE reconcile_verify_faults gauge
            reconcile_verify_faults{domain="acme",shard="3_8",class="missing"} 2
            reconcile_verify_faults{domain="acme",shard="3_8",class="wrong_size"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="wrong_bytes"} 1
            reconcile_verify_faults{domain="acme",shard="3_8",class="unreadable_object"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="unreadable_manifest"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="misplaced_manifest"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="archived_object"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="rewritten_record"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="hidden_record"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="lost_versions"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="contradicted_checkpoint"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="contradicted_record"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="broken_history"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="unreadable_checkpoint"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="lost_checkpoint"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="stale_checkpoint"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="stray"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="incomplete_metadata"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="wrong_metadata"} 0
            reconcile_verify_faults{domain="acme",shard="3_8",class="wrong_sidecar"} 0
            # HELP reconcile_verify_unsettled What looked wrong to the last verification but had only just changed.
            # TYPE reconcile_verify_unsettled gauge
            reconcile_verify_unsettled{domain="acme",shard="3_8"} 3
            # HELP reconcile_verify_notes Notes of the last verification, which are not faults, by class.
            # TYPE reconcile_verify_notes gauge
            reconcile_verify_notes{domain="acme",shard="3_8",class="archived_object"} 0
            reconcile_verify_notes{domain="acme",shard="3_8",class="stray"} 7
            # HELP reconcile_verify_accepted_losses Losses that operators have accepted.
            # TYPE reconcile_verify_accepted_losses gauge
            reconcile_verify_accepted_losses{domain="acme",shard="3_8"} 0
            # HELP reconcile_verify_objects Objects that the last verification looked at, by state: named by a \
            manifest, inspected, read.
            # TYPE reconcile_verify_objects gauge
            reconcile_verify_objects{domain="acme",shard="3_8",state="named"} 12
            reconcile_verify_objects{domain="acme",shard="3_8",state="inspected"} 5
            reconcile_verify_objects{domain="acme",shard="3_8",state="read"} 4
            # HELP reconcile_verify_read_bytes Bytes of the objects that the last verification read.
            # TYPE reconcile_verify_read_bytes gauge
            reconcile_verify_read_bytes{domain="acme",shard="3_8"} 4096
            # HELP reconcile_verify_bytes_read Deprecated name of reconcile_verify_read_bytes; removed in the next release.
            # TYPE reconcile_verify_bytes_read gauge
            reconcile_verify_bytes_read{domain="acme",shard="3_8"} 4096
            # HELP reconcile_verify_build_info 1; its labels say which program did the last verification.
            # TYPE reconcile_verify_build_info gauge
            reconcile_verify_build_info{domain="acme",shard="3_8",version="0.2.0",commit="\(ProgramVersion.commit ?? "")"} 1

            """
        #expect(metrics(report, .verificationFailed).exposition() == expected)
    }

    @Test(arguments: ExitStatus.allCases)
    func `only a sound verification has a time of being sound`(exit: ExitStatus) throws {
        let text = metrics(try report(), exit).exposition()
        let sound = "\nreconcile_verify_last_sound_timestamp_seconds{domain=\"acme\",shard=\"3_8\"} 1760000000\n"
        #expect(text.contains(sound) == (exit == .converged))
    }

    @Test func `no family is both a run's and a verification's`() {
        let (runs, verifications) = (RunMetrics.families.map(\.name), VerifyMetrics.families.map(\.name))
        #expect(Set(runs + verifications).count == 26)
    }

    @Test(arguments: [(ExitStatus.converged, "PUT"), (.verificationFailed, "POST")])
    func `a verification has a group of its own at the Pushgateway`(exit: ExitStatus, method: String) async throws {
        try await ScriptedHTTPServer.withServer { _ in
            .reply(200, text: "")
        } _: { server in
            let metrics = metrics(try report(), exit)
            let gateway = try ServiceEndpoint(server.url(""))
            try await withTimeout {
                try await HTTPClient.withClient { try await metrics.push(to: gateway, with: $0) }
            }
            let request = try #require(server.requests.first)
            #expect(request.method == method)
            #expect(request.target == "/metrics/job/reconcile-verify/domain/acme/shard/3_8")
            #expect(String(decoding: request.body, as: UTF8.self) == metrics.exposition())
        }
    }

    @Test func `a run and a verification that share a file leave each other's figures in it`() async throws {
        try await withScratchDirectory { directory in
            let file = directory + "/reconcile.prom"
            let run = RunReport(
                runID: "r",
                domain: "acme",
                shard: try #require(Shard("3/8")),
                startedAt: Timestamp(seconds: 1_000)
            )
            func write(run exit: ExitStatus, at end: Double) throws {
                try Metrics(run, exit: exit, endedAt: end, elapsed: .seconds(1)).write(
                    to: OutputFile(flag: "--metrics-file", path: file)
                )
            }
            try write(run: .converged, at: 10)
            try metrics(try report(), .converged, at: 20).write(to: OutputFile(flag: "--metrics-file", path: file))
            try write(run: .failures, at: 30)
            try metrics(try report(), .verificationFailed, at: 40).write(
                to: OutputFile(flag: "--metrics-file", path: file)
            )
            let text = String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
            let labels = #"{domain="acme",shard="3_8"}"#
            let times = text.split(separator: "\n").map(String.init).filter {
                $0.hasPrefix("reconcile") && $0.contains("timestamp")
            }
            #expect(
                times == [
                    "reconcile_last_run_timestamp_seconds\(labels) 30",
                    "reconcile_last_success_timestamp_seconds\(labels) 10",
                    "reconcile_verify_last_run_timestamp_seconds\(labels) 40",
                    "reconcile_verify_last_sound_timestamp_seconds\(labels) 20",
                ]
            )
            // Each family once with its help, as the format wants it; of requests there is none.
            let helps = text.split(separator: "\n").filter { $0.hasPrefix("# HELP ") }
            #expect(helps.count == 23 && Set(helps).count == 23)
        }
    }
}
