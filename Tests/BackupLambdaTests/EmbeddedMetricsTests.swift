import BackupLambda
import ReconcileCore
import TestSupport
import Testing

@Suite struct EmbeddedMetricsTests {
    private func report(_ change: (inout RunReport) -> Void = { _ in }) -> RunReport {
        let time = Timestamp(seconds: 1_795_336_572)
        var report = RunReport(runID: "r", domain: "acme", shard: .whole, startedAt: time)
        report.versions.listed = 2
        report.versions.copied = 2
        report.bytes.copied = 12_345
        change(&report)
        return report
    }

    private func values(_ metrics: EmbeddedMetrics) -> [String: Double] {
        Dictionary(uniqueKeysWithValues: metrics.metrics.map { ($0.name, $0.value) })
    }

    @Test func `the line is one JSON object in the embedded metric format`() {
        let metrics = EmbeddedMetrics(report(), door: .event, duration: .milliseconds(1_500), now: 1_795_336_574.25)
        #expect(
            metrics.line(at: 1_795_336_574.25)
                == #"{"BytesCopied":12345,"Domain":"acme","Door":"event","Duration":1500,"LastSuccess":1795336574,"#
                + #""OldestUnprotectedAge":0,"VersionsCopied":2,"VersionsDeleted":0,"VersionsFailed":0,"#
                + #""VersionsMutated":0,"VersionsUnavailable":0,"VersionsUnprotected":0,"#
                + #""_aws":{"CloudWatchMetrics":[{"Dimensions":[["Domain","Door"]],"Metrics":["#
                + #"{"Name":"VersionsCopied","Unit":"Count"},{"Name":"VersionsDeleted","Unit":"Count"},"#
                + #"{"Name":"VersionsMutated","Unit":"Count"},{"Name":"VersionsUnavailable","Unit":"Count"},"#
                + #"{"Name":"VersionsFailed","Unit":"Count"},"#
                + #"{"Name":"VersionsUnprotected","Unit":"Count"},{"Name":"BytesCopied","Unit":"Bytes"},"#
                + #"{"Name":"Duration","Unit":"Milliseconds"},{"Name":"OldestUnprotectedAge","Unit":"Seconds"},"#
                + #"{"Name":"LastSuccess","Unit":"None"}],"Namespace":"MavenPackageReconciler"}],"#
                + #""Timestamp":1795336574250}}"#
        )
    }

    @Test func `an event about a version that nobody has is no success`() {
        func success(_ door: EmbeddedMetrics.Door, _ change: (inout RunReport.Versions) -> Void) -> Double? {
            let report = report {
                $0.versions.listed = 0
                $0.versions.copied = 0
                change(&$0.versions)
            }
            return values(EmbeddedMetrics(report, door: door, duration: .seconds(1), now: 7))["LastSuccess"]
        }
        #expect(success(.event) { $0.skipped = 1 } == nil)
        #expect(success(.event) { $0.listed = 1 } == 7)
        #expect(success(.event) { $0.orphaned = 1 } == 7)
        // A run looks at the whole domain; whether that is empty by mistake is asked elsewhere.
        #expect(success(.reconcile) { _ in } == 7)
    }

    @Test func `a run that did not converge has no success, and counts what is unprotected`() {
        let failed = report {
            $0.outcome = .partial
            $0.versions.missing = 5
            $0.versions.failed = 3
            $0.rpo.oldestUnprotectedSeconds = 86_400
        }
        let values = values(EmbeddedMetrics(failed, door: .reconcile, duration: .seconds(1), now: 1))
        #expect(values["LastSuccess"] == nil)
        #expect(values["VersionsUnprotected"] == 3)
        #expect(values["OldestUnprotectedAge"] == 86_400)
    }

    @Test func `a run that was stopped counts what it did not reach`() {
        let stopped = report {
            $0.outcome = .deadline
            $0.versions.missing = 10
            $0.versions.stale = 1
        }
        #expect(values(EmbeddedMetrics(stopped, door: .reconcile, duration: .zero, now: 1))["VersionsUnprotected"] == 9)
    }

    @Test func `a deletion is no copy, and only a run says which deletions are pending`() {
        let gone = report {
            $0.versions.copied = 0
            $0.versions.deleted = 2
            $0.versions.pending = 30
        }
        for door in [EmbeddedMetrics.Door.event, .reconcile] {
            let values = values(EmbeddedMetrics(gone, door: door, duration: .zero, now: 1))
            #expect(values["VersionsCopied"] == 0)
            #expect(values["VersionsDeleted"] == 2)
            #expect(values["DeletionsPending"] == (door == .event ? nil : 30))
        }
    }

    @Test func `only a run says what the events had missed`() {
        let drift = report {
            $0.versions.missing = 1
            $0.versions.stale = 1
        }
        let run = EmbeddedMetrics(drift, door: .reconcile, duration: .zero, now: 1)
        #expect(values(run)["MissedByEvents"] == 2)
        #expect(values(EmbeddedMetrics(drift, door: .event, duration: .zero, now: 1))["MissedByEvents"] == nil)
    }

    // MARK: Verifications and comparisons

    private func verified(_ change: (inout VerifyReport) -> Void = { _ in }) -> VerifyReport {
        let time = Timestamp(seconds: 1_795_336_572)
        var report = VerifyReport(runID: "v", domain: "acme", options: Verifier.Options(), startedAt: time)
        change(&report)
        return report
    }

    private func values(_ report: VerifyReport) -> [String: Double] {
        values(EmbeddedMetrics(report, exit: report.exit, duration: .seconds(2), now: 7))
    }

    @Test func `a verification counts its faults, and is a success only if the backup is intact`() {
        let intact = ["Duration": 2_000.0]
        #expect(values(verified()) == intact.merging(["VerificationFaults": 0, "LastSuccess": 7]) { $1 })
        let faulty = verified {
            $0.outcome = .faulty
            $0.faults["missing"] = 3
        }
        #expect(values(faulty) == intact.merging(["VerificationFaults": 3]) { $1 })
    }

    @Test(arguments: [VerifyReport.Outcome.deadline, .unsettled, .failed])
    func `a verification that did not come to an end does not say that there is no fault`(
        outcome: VerifyReport.Outcome
    ) {
        let ended = values(verified { $0.outcome = outcome })
        #expect(ended["VerificationFaults"] == nil && ended["LastSuccess"] == nil)
        let faulty = verified {
            $0.outcome = outcome
            $0.faults["missing"] = 1
        }
        #expect(values(faulty)["VerificationFaults"] == 1)
    }

    @Test func `an intact backup whose verification was not stored is no success`() {
        let unstored = EmbeddedMetrics(verified(), exit: .unavailable, duration: .zero, now: 7)
        #expect(values(unstored)["LastSuccess"] == nil)
    }

    private func compared(_ outcome: RunReport.Outcome = .converged, _ findings: DriftFindings) -> DriftReport {
        DriftReport(run: report { $0.outcome = outcome }, findings: findings)
    }

    private var someFindings: DriftFindings {
        let package = PackageCoordinates(repository: "releases", namespace: "com.acme", name: "lib")
        var findings = DriftFindings()
        for (number, published) in [("1", 100.0), ("2", 40)] {
            let version = VersionCoordinates(package: package, version: number)
            findings.unprotected.append(
                UnprotectedVersion(
                    version: version,
                    state: .missing,
                    status: .published,
                    lastRecorded: nil,
                    publishedTime: published
                )
            )
            findings.orphaned.append(
                OrphanedVersion(
                    version: version,
                    lastStatus: .published,
                    lastRecorded: nil,
                    deletionRecorded: nil,
                    isConfirmed: true
                )
            )
        }
        return findings
    }

    @Test func `a comparison counts unprotected versions apart from changes, and succeeds whatever it finds`() {
        let metrics = EmbeddedMetrics(compared(.converged, someFindings), duration: .seconds(2), now: 1_000)
        #expect(
            values(metrics) == [
                "Duration": 2_000, "UnrecordedChanges": 2, "OldestUnprotectedAge": 960, "LastSuccess": 1_000,
            ]
        )
        let none = EmbeddedMetrics(compared(.converged, DriftFindings()), duration: .zero, now: 1_000)
        #expect(values(none)["UnrecordedChanges"] == 0 && values(none)["OldestUnprotectedAge"] == 0)
    }

    @Test(arguments: [RunReport.Outcome.partial, .deadline, .failed])
    func `a comparison that did not reach everything does not say what it found`(outcome: RunReport.Outcome) {
        #expect(values(EmbeddedMetrics(compared(outcome, someFindings), duration: .zero, now: 1)) == ["Duration": 0])
    }

    /// Tests/Template/check_template.py compares the alarms with that file.
    @Test func `the metrics of each kind of work are those of the golden file`() throws {
        let run = report {
            $0.checkpoint = RunReport.CheckpointAccount(
                cutoff: "c",
                digest: "d",
                records: 1,
                previous: nil,
                contradictions: []
            )
            $0.configuration = RunReport.ConfigurationAccount(unknown: [])
        }
        let event = EmbeddedMetrics(report(), door: .event, duration: .zero, now: 1)
        let all = [
            event, EmbeddedMetrics(run, door: .reconcile, duration: .zero, now: 1),
            EmbeddedMetrics(verified(), exit: .converged, duration: .zero, now: 1),
            EmbeddedMetrics(compared(.converged, DriftFindings()), duration: .zero, now: 1),
        ]
        let lines = all.flatMap { one in one.metrics.map { "\(one.door.rawValue) \($0.name) \($0.unit)" } }
        try Golden("backup-lambda.metrics").expect(lines.map { $0 + "\n" }.joined())
    }
}
