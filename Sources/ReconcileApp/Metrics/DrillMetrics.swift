package import ReconcileCore

/// The metrics of a drill, `reconcile_drill_…`, and the fields of its evidence that they come from.
package enum DrillMetrics {
    package static let lastRun = Metrics.Family(
        name: "reconcile_drill_last_run_timestamp_seconds",
        help: "When the last drill ended, in seconds since 1970."
    )
    package static let lastSuccess = Metrics.Family(
        name: "reconcile_drill_last_success_timestamp_seconds",
        help: "When the last drill ended that got back everything it drew, in seconds since 1970."
    )
    package static let exitStatus = Metrics.Family(
        name: "reconcile_drill_exit_status",
        help: "Exit status of the last drill; 0 is restored, 3 is anything untried, 6 is anything that did not return."
    )
    package static let versions = Metrics.Family(
        name: "reconcile_drill_versions",
        help: "Versions of the last drill, by state: available in the backup, drawn."
    )
    package static let files = Metrics.Family(
        name: "reconcile_drill_files",
        help: "Files of the last drill, by state: wanted, returned, lost, untried."
    )
    package static let wrongDocuments = Metrics.Family(
        name: "reconcile_drill_wrong_documents",
        help: "Documents and checksum files that the last drill found wrong."
    )
    package static let returnedBytes = Metrics.Family(
        name: "reconcile_drill_returned_bytes",
        help: "Bytes of the files that the last drill got back."
    )
    package static let recoveryTime = Metrics.Family(
        name: "reconcile_drill_recovery_time_seconds",
        help: "Time from the start of the last drill to the first and to all files; all is absent where some are lost."
    )
    package static let recoveryPoint = Metrics.Family(
        name: "reconcile_drill_recovery_point_age_seconds",
        help: "Age of the newest record at the start of the last drill."
    )
    package static let build = Metrics.Family(
        name: "reconcile_drill_build_info",
        help: "1; its labels say which program did the last drill."
    )

    package static let families = [
        lastRun, lastSuccess, exitStatus, versions, files, wrongDocuments, returnedBytes, recoveryTime, recoveryPoint,
        build,
    ]
}

extension Metrics {
    /// - Parameters:
    ///   - exit: the drill's exit status, after its evidence was stored.
    ///   - endedAt: seconds since 1970.
    package init(_ report: DrillReport, exit: ExitStatus, endedAt: Double) {
        self.init(
            job: "reconcile-drill",
            domain: report.domain,
            shard: Shard.whole.description,
            families: DrillMetrics.families,
            lastSuccess: DrillMetrics.lastSuccess,
            isSuccess: exit == .converged
        )
        let ended = Timestamp(secondsSince1970: endedAt).seconds
        add(DrillMetrics.lastRun, ended)
        if isSuccess { add(DrillMetrics.lastSuccess, ended) }
        add(DrillMetrics.exitStatus, exit.rawValue)
        add(
            DrillMetrics.versions,
            by: "state",
            [("available", report.versions.available), ("drawn", report.versions.drawn)]
        )
        let files = report.files
        add(
            DrillMetrics.files,
            by: "state",
            [
                ("wanted", files.wanted), ("returned", files.returned), ("lost", files.lost),
                ("untried", files.untried),
            ]
        )
        add(DrillMetrics.wrongDocuments, report.documents.wrong)
        add(DrillMetrics.returnedBytes, files.bytes)
        let times = [("first", report.recoveryTime.firstSeconds), ("all", report.recoveryTime.allSeconds)]
        for (state, seconds) in times {
            if let seconds { add(DrillMetrics.recoveryTime, seconds, Label(name: "until", value: state)) }
        }
        if let point = report.recoveryPoint { add(DrillMetrics.recoveryPoint, point.ageSeconds) }
        addBuild(DrillMetrics.build)
    }
}
