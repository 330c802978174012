package import ReconcileCore

/// The metrics of a run, `reconcile_…`, and the fields of its report that they come from.
package enum RunMetrics {
    package static let lastRun = Metrics.Family(
        name: "reconcile_last_run_timestamp_seconds",
        help: "When the last run ended, in seconds since 1970."
    )
    package static let lastSuccess = Metrics.Family(
        name: "reconcile_last_success_timestamp_seconds",
        help: "When the last run ended that found or brought everything in order, in seconds since 1970."
    )
    package static let duration = Metrics.Family(
        name: "reconcile_run_duration_seconds",
        help: "How long the last run took."
    )
    package static let exitStatus = Metrics.Family(
        name: "reconcile_exit_status",
        help: "Exit status of the last run; 0 is converged."
    )
    package static let versions = Metrics.Family(
        name: "reconcile_versions",
        help: "Package versions of the last run, by state; a version may count in several."
    )
    package static let assets = Metrics.Family(
        name: "reconcile_assets",
        help: "Assets that the last run moved or took over, by state."
    )
    package static let copiedBytes = Metrics.Family(
        name: "reconcile_copied_bytes",
        help: "Bytes of the assets that the last run copied."
    )
    /// A deprecated name of `reconcile_copied_bytes`, published for one more release.
    package static let bytesCopied = Metrics.Family(
        name: "reconcile_bytes_copied",
        help: "Deprecated name of reconcile_copied_bytes; removed in the next release."
    )
    package static let requests = Metrics.Family(
        name: "reconcile_requests",
        help: "Requests that the last run sent, by operation, repeated ones included."
    )
    package static let oldestUnprotected = Metrics.Family(
        name: "reconcile_oldest_unprotected_age_seconds",
        help: "Age of the oldest version that the last run left unprotected; 0 when there is none of known age."
    )

    package static let checkpointCutoff = Metrics.Family(
        name: "reconcile_checkpoint_cutoff_timestamp_seconds",
        help: "Up to when the last run that listed all records digested them, in seconds since 1970."
    )
    package static let checkpointContradictions = Metrics.Family(
        name: "reconcile_checkpoint_contradictions",
        help: "Checkpoints that the records contradicted in the last run: removed or slipped in since."
    )

    package static let configurationChanges = Metrics.Family(
        name: "reconcile_configuration_changes",
        help:
            "Changes of the domain's configuration that the last run found, by kind; access is policies and restrictions."
    )

    package static let build = Metrics.Family(
        name: "reconcile_build_info",
        help: "1; its labels say which program did the last run."
    )

    package static let families = [
        lastRun, lastSuccess, duration, exitStatus, versions, assets, copiedBytes, bytesCopied, requests,
        oldestUnprotected, checkpointCutoff, checkpointContradictions, configurationChanges, build,
    ]
}

extension Metrics {
    /// - Parameters:
    ///   - exit: the run's exit status, after its report was stored.
    ///   - endedAt: seconds since 1970.
    package init(_ report: RunReport, exit: ExitStatus, endedAt: Double, elapsed: Duration) {
        self.init(
            job: "reconcile",
            domain: report.domain,
            shard: report.shard,
            families: RunMetrics.families,
            lastSuccess: RunMetrics.lastSuccess,
            isSuccess: exit == .converged
        )
        let ended = Timestamp(secondsSince1970: endedAt).seconds
        add(RunMetrics.lastRun, ended)
        if isSuccess { add(RunMetrics.lastSuccess, ended) }
        add(RunMetrics.duration, Self.seconds(elapsed))
        add(RunMetrics.exitStatus, exit.rawValue)
        let versions = report.versions
        add(
            RunMetrics.versions,
            by: "state",
            [
                ("listed", versions.listed), ("in_sync", versions.inSync), ("missing", versions.missing),
                ("stale", versions.stale), ("orphaned", versions.orphaned), ("copied", versions.copied),
                ("deleted", versions.deleted), ("pending", versions.pending), ("mutated", versions.mutated),
                ("unavailable", versions.unavailable),
                ("failed", versions.failed), ("skipped", versions.skipped), ("unprotected", versions.unprotected),
            ]
        )
        let assets = report.assets
        add(
            RunMetrics.assets,
            by: "state",
            [("copied", assets.copied), ("adopted", assets.adopted), ("failed", assets.failed)]
        )
        add(RunMetrics.copiedBytes, report.bytes.copied)
        add(RunMetrics.bytesCopied, report.bytes.copied)
        let requests = report.requests.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        add(RunMetrics.requests, by: "operation", requests)
        add(RunMetrics.oldestUnprotected, report.rpo.oldestUnprotectedSeconds ?? 0)
        if let checkpoint = report.checkpoint {
            if let cutoff = Timestamp(extended: checkpoint.cutoff) {
                add(RunMetrics.checkpointCutoff, cutoff.seconds)
                // As verify --checkpoint takes it.
                add(digest: "\(cutoff.basic):\(checkpoint.digest)", below: RunMetrics.checkpointCutoff)
            }
            add(RunMetrics.checkpointContradictions, checkpoint.contradictions.count)
        }
        let changes = report.configuration.map { ($0.accessChanges, $0.changes.count) } ?? (0, 0)
        add(RunMetrics.configurationChanges, by: "kind", [("access", changes.0), ("other", changes.1 - changes.0)])
        addBuild(RunMetrics.build)
    }
}
