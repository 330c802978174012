package import ReconcileCore

/// Summarizes reports for notifications.
extension Notification.Summary {
    /// Summarizes a run or a restore.
    ///
    /// - Parameter key: the report's key in the backup; nil if it is not stored.
    package init(_ report: RunReport, key: String? = nil) {
        let versions = report.versions
        self.init(
            outcome: report.outcome.rawValue,
            message: report.message,
            run: report.runID,
            report: key,
            counts: [
                "listed": versions.listed, "inSync": versions.inSync, "missing": versions.missing,
                "stale": versions.stale, "orphaned": versions.orphaned, "copied": versions.copied,
                "deleted": versions.deleted, "mutated": versions.mutated, "failed": versions.failed,
                "unprotected": versions.unprotected, "bytes": Int(report.bytes.copied),
            ]
        )
    }

    /// Summarizes a comparison with the domain.
    package init(_ report: DriftReport) {
        let findings = report.findings
        self.init(report.run)
        // The report of a comparison is not stored, so its run has no ID to look up.
        run = nil
        counts = [
            "listed": report.run.versions.listed, "orphaned": findings.orphaned.count,
            "mutated": findings.mutated.count, "statusChanges": findings.statusChanges.count,
            "unprotected": findings.unprotected.count,
            "configurationChanges": report.configuration?.changes.count ?? 0,
        ]
    }

    /// Summarizes a drill.
    package init(_ report: DrillReport, key: String? = nil) {
        self.init(
            outcome: report.outcome.rawValue,
            message: report.message,
            run: report.drillID,
            report: key,
            counts: [
                "versions": report.versions.drawn, "wanted": report.files.wanted, "returned": report.files.returned,
                "lost": report.files.lost, "untried": report.files.untried, "wrongDocuments": report.documents.wrong,
                "bytes": Int(report.files.bytes),
            ]
        )
    }

    /// Summarizes a verification.
    package init(_ report: VerifyReport, key: String? = nil) {
        self.init(
            outcome: report.outcome.rawValue,
            message: report.message,
            run: report.runID,
            report: key,
            counts: [
                "versions": report.looked.versions, "faults": report.faultsLeft, "repaired": report.mended,
                "unsettled": report.unsettled, "acceptedLosses": report.accepted,
                "bytes": Int(report.looked.bytes.read),
            ]
        )
    }
}
