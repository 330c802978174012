package import ReconcileCore

/// The metrics of a restore, `reconcile_restore_…`, and the fields of its report that they come from.
package enum RestoreMetrics {
    package static let lastRun = Metrics.Family(
        name: "reconcile_restore_last_run_timestamp_seconds",
        help: "When the last restore ended, in seconds since 1970."
    )
    package static let lastSuccess = Metrics.Family(
        name: "reconcile_restore_last_success_timestamp_seconds",
        help: "When the last restore that left nothing behind ended, in seconds since 1970."
    )
    package static let duration = Metrics.Family(
        name: "reconcile_restore_duration_seconds",
        help: "How long the last restore took."
    )
    package static let exitStatus = Metrics.Family(
        name: "reconcile_restore_exit_status",
        help: "Exit status of the last restore; 0 is that everything is there."
    )
    package static let versions = Metrics.Family(
        name: "reconcile_restore_versions",
        help: "Versions that the last restore came to, by what it found and did."
    )
    package static let behindVersions = Metrics.Family(
        name: "reconcile_restore_behind_versions",
        help: "Recorded versions that the domain still lacked when the last restore ended, of those it came to."
    )
    package static let behindSeconds = Metrics.Family(
        name: "reconcile_restore_behind_seconds",
        help: "For how long the oldest of them had been recorded; 0 if there was none."
    )
    package static let build = Metrics.Family(
        name: "reconcile_restore_build_info",
        help: "1; its labels say which program did the last restore."
    )

    package static let families = [
        lastRun, lastSuccess, duration, exitStatus, versions, behindVersions, behindSeconds, build,
    ]
}

extension Metrics {
    /// - Parameters:
    ///   - exit: the restore's exit status, after its report was written.
    ///   - endedAt: seconds since 1970.
    package init(_ report: RestoreReport, exit: ExitStatus, endedAt: Double, elapsed: Duration) {
        self.init(
            job: "reconcile-restore",
            domain: report.run.domain,
            shard: report.run.shard,
            families: RestoreMetrics.families,
            lastSuccess: RestoreMetrics.lastSuccess,
            isSuccess: exit == .converged
        )
        let ended = Timestamp(secondsSince1970: endedAt)
        add(RestoreMetrics.lastRun, ended.seconds)
        if isSuccess { add(RestoreMetrics.lastSuccess, ended.seconds) }
        add(RestoreMetrics.duration, Self.seconds(elapsed))
        add(RestoreMetrics.exitStatus, exit.rawValue)
        let versions = report.run.versions
        add(
            RestoreMetrics.versions,
            by: "state",
            [
                ("listed", versions.listed), ("in_sync", versions.inSync), ("missing", versions.missing),
                ("stale", versions.stale), ("copied", versions.copied), ("failed", versions.failed),
            ]
        )
        add(RestoreMetrics.behindVersions, report.findings.behind.versions)
        add(RestoreMetrics.behindSeconds, report.findings.behind.seconds(at: ended))
        addBuild(RestoreMetrics.build)
    }
}
