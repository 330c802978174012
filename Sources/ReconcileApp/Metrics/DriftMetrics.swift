package import ReconcileCore

/// The metrics of a comparison with the domain, `reconcile_drift_…`, and the fields of its report that they come from.
package enum DriftMetrics {
    package static let lastRun = Metrics.Family(
        name: "reconcile_drift_last_run_timestamp_seconds",
        help: "When the last comparison with the domain ended, in seconds since 1970."
    )
    package static let lastComplete = Metrics.Family(
        name: "reconcile_drift_last_complete_timestamp_seconds",
        help: "When the last comparison that reached everything ended, whatever it found, in seconds since 1970."
    )
    package static let duration = Metrics.Family(
        name: "reconcile_drift_duration_seconds",
        help: "How long the last comparison took."
    )
    package static let exitStatus = Metrics.Family(
        name: "reconcile_drift_exit_status",
        help: "Exit status of the last comparison; 0 is no drift, 4 is any, others mean that it is not known."
    )
    package static let findings = Metrics.Family(
        name: "reconcile_drift_findings",
        help: "What the last complete comparison found, by kind."
    )
    package static let oldestUnprotected = Metrics.Family(
        name: "reconcile_drift_oldest_unprotected_age_seconds",
        help: "How long the oldest version that the last complete comparison found unprotected had been so; 0 if none."
    )
    package static let build = Metrics.Family(
        name: "reconcile_drift_build_info",
        help: "1; its labels say which program did the last comparison."
    )

    package static let families = [
        lastRun, lastComplete, duration, exitStatus, findings, oldestUnprotected, build,
    ]
}

extension Metrics {
    /// A comparison that could not reach everything has no findings: zeros would end the alerts of an earlier one.
    ///
    /// - Parameters:
    ///   - exit: the comparison's exit status, after its report was written.
    ///   - endedAt: seconds since 1970.
    package init(_ report: DriftReport, exit: ExitStatus, endedAt: Double, elapsed: Duration) {
        self.init(
            job: "reconcile-drift",
            domain: report.run.domain,
            shard: report.run.shard,
            families: DriftMetrics.families,
            lastSuccess: DriftMetrics.lastComplete,
            isSuccess: report.isComplete
        )
        let ended = Timestamp(secondsSince1970: endedAt).seconds
        add(DriftMetrics.lastRun, ended)
        add(DriftMetrics.duration, Self.seconds(elapsed))
        add(DriftMetrics.exitStatus, exit.rawValue)
        if isSuccess {
            add(DriftMetrics.lastComplete, ended)
            let findings = report.findings
            add(
                DriftMetrics.findings,
                by: "kind",
                [
                    ("orphaned", findings.orphaned.count), ("mutated", findings.mutated.count),
                    ("status_changes", findings.statusChanges.count), ("unprotected", findings.unprotected.count),
                    ("configuration", report.configuration?.changes.count ?? 0),
                ]
            )
            add(DriftMetrics.oldestUnprotected, Int(report.oldestUnprotectedSeconds(at: endedAt).rounded(.down)))
        }
        addBuild(DriftMetrics.build)
    }
}
