package import ReconcileCore

/// The metrics of a verification, `reconcile_verify_…`, and the fields of its report that they come from.
package enum VerifyMetrics {
    package static let lastRun = Metrics.Family(
        name: "reconcile_verify_last_run_timestamp_seconds",
        help: "When the last verification ended, in seconds since 1970."
    )
    package static let lastSound = Metrics.Family(
        name: "reconcile_verify_last_sound_timestamp_seconds",
        help: "When the last verification that found the backup intact ended, in seconds since 1970."
    )
    package static let duration = Metrics.Family(
        name: "reconcile_verify_duration_seconds",
        help: "How long the last verification took."
    )
    package static let exitStatus = Metrics.Family(
        name: "reconcile_verify_exit_status",
        help: "Exit status of the last verification; 0 is intact, 5 is unsettled or unavailable, 6 is any fault."
    )
    package static let faults = Metrics.Family(
        name: "reconcile_verify_faults",
        help: "Faults that the last verification found, by class."
    )
    package static let unsettled = Metrics.Family(
        name: "reconcile_verify_unsettled",
        help: "What looked wrong to the last verification but had only just changed."
    )
    package static let notes = Metrics.Family(
        name: "reconcile_verify_notes",
        help: "Notes of the last verification, which are not faults, by class."
    )
    package static let acceptedLosses = Metrics.Family(
        name: "reconcile_verify_accepted_losses",
        help: "Losses that operators have accepted."
    )
    package static let objects = Metrics.Family(
        name: "reconcile_verify_objects",
        help: "Objects that the last verification looked at, by state: named by a manifest, inspected, read."
    )
    package static let readBytes = Metrics.Family(
        name: "reconcile_verify_read_bytes",
        help: "Bytes of the objects that the last verification read."
    )
    /// A deprecated name of `reconcile_verify_read_bytes`, published for one more release.
    package static let bytesRead = Metrics.Family(
        name: "reconcile_verify_bytes_read",
        help: "Deprecated name of reconcile_verify_read_bytes; removed in the next release."
    )
    /// Separate from the run's: a collector accepts a metric from one file only, and runs and verifications may each
    /// have a file.
    package static let build = Metrics.Family(
        name: "reconcile_verify_build_info",
        help: "1; its labels say which program did the last verification."
    )

    package static let families = [
        lastRun, lastSound, duration, exitStatus, faults, unsettled, notes, acceptedLosses, objects, readBytes,
        bytesRead, build,
    ]
}

extension Metrics {
    /// - Parameters:
    ///   - exit: the verification's exit status, after its report was written.
    ///   - endedAt: seconds since 1970.
    package init(_ report: VerifyReport, exit: ExitStatus, endedAt: Double, elapsed: Duration) {
        self.init(
            job: "reconcile-verify",
            domain: report.domain,
            shard: report.shard,
            families: VerifyMetrics.families,
            lastSuccess: VerifyMetrics.lastSound,
            isSuccess: exit == .converged
        )
        let ended = Timestamp(secondsSince1970: endedAt).seconds
        add(VerifyMetrics.lastRun, ended)
        if isSuccess { add(VerifyMetrics.lastSound, ended) }
        add(VerifyMetrics.duration, Self.seconds(elapsed))
        add(VerifyMetrics.exitStatus, exit.rawValue)
        let faults = BackupFault.Kind.allCases.map { ($0.label, report.faults[$0.rawValue] ?? 0) }
        add(VerifyMetrics.faults, by: "class", faults)
        add(VerifyMetrics.unsettled, report.unsettled)
        let notes = BackupFault.Kind.allCases.compactMap { kind in
            report.noted[kind.rawValue].map { (kind.label, $0) }
        }
        add(VerifyMetrics.notes, by: "class", notes)
        add(VerifyMetrics.acceptedLosses, report.accepted)
        let objects = report.looked.objects
        add(
            VerifyMetrics.objects,
            by: "state",
            [("named", objects.named), ("inspected", objects.inspected), ("read", objects.read)]
        )
        add(VerifyMetrics.readBytes, report.looked.bytes.read)
        add(VerifyMetrics.bytesRead, report.looked.bytes.read)
        addBuild(VerifyMetrics.build)
    }
}

extension BackupFault.Kind {
    /// The kind in snake case, like the other labels: `wrongSize` is `wrong_size`.
    fileprivate var label: String {
        rawValue.map { $0.isUppercase ? "_\($0.lowercased())" : String($0) }.joined()
    }
}
