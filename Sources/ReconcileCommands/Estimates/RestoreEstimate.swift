import AWSServices
import ReconcileApp
package import ReconcileCore

/// What a restore would do: the report of a dry run, and the requests that the dry run did not send.
package struct RestoreEstimate: Sendable, Listing {
    /// The report of the dry run.
    package let report: RunReport
    package let writes: RestoreWrites
    /// Every version that would be restored.
    package let planned: [PlannedVersion]
    /// Requests that a restore would send to the domain, by operation.
    package let requests: [ServiceOperation: Int]
    private let limits: [RateClass: Double]
    private let needs: BuildNeeds?

    /// - Parameters:
    ///   - sent: the requests that the dry run sent.
    ///   - limits: the restore's rate limits in requests per second, by class; the service's quotas apply to other
    ///     classes.
    ///   - needs: what the build needs, if the restore is for a build.
    package init(
        _ restore: RestoreReport,
        sent: [ServiceOperation: Int],
        limits: [RateClass: Double] = [:],
        needs: BuildNeeds? = nil
    ) {
        self.limits = limits
        self.needs = needs
        report = restore.run
        writes = restore.writes
        planned = restore.findings.planned
        var requests = sent.filter { $0.key.kind == .domain }
        let added = [
            (MavenOperations.putAsset, writes.assets),
            (MavenOperations.putMetadata, writes.documents / 3),
            (MavenOperations.putChecksum, writes.documents / 3 * 2),
            (CodeArtifactOperations.updateStatus, writes.statuses),
            (CodeArtifactOperations.putOriginControls, writes.controls),
            // For the comparison after publishing.
            (CodeArtifactOperations.describeVersion, writes.versions),
            (CodeArtifactOperations.listAssets, writes.versions),
            (CodeArtifactOperations.getToken, writes.versions > 0 ? 1 : 0),
            (CodeArtifactOperations.getEndpoint, writes.versions > 0 ? report.repositories : 0),
        ]
        for (operation, count) in added where count > 0 { requests[operation, default: 0] += count }
        self.requests = requests
    }

    /// The exit status: drift if there is anything to restore.
    package var exit: ExitStatus {
        report.exit == .converged && writes.versions > 0 ? .drift : report.exit
    }

    // MARK: For a person

    package func lines(width: Int) -> [String] {
        guard report.outcome != .failed else {
            let reason = report.message ?? "for an unknown reason"
            let others = report.failures.map(\.message).filter { !$0.contains(reason) }
            return ["failed: \(reason)"] + others.map { "  \($0)" }
                + ["nothing can be said of what a restore would do"]
        }
        let versions = report.versions
        var lines = [
            "a restore would publish \(Quantity.count(writes.versions, "version")) "
                + "(\(versions.missing) missing, \(versions.stale) unfinished or older) of "
                + "\(versions.listed) recorded, \(Quantity.count(writes.assets, "asset")), "
                + "\(Quantity.bytes(writes.bytes))",
            "in the domain already: \(versions.inSync)",
        ]
        if let message = report.message { lines.insert("\(report.outcome.rawValue): \(message)", at: 0) }
        if !planned.isEmpty {
            lines += ["", "versions"]
            lines += PlannedCopies.lines(planned.map { "  \($0.version)  \($0.note)" }.sorted(), of: planned.count)
            if !report.failures.isEmpty || !report.warnings.isEmpty { lines.append("") }
        }
        if let needs, !needs.absent.isEmpty {
            lines += ["", "not in the backup, so the build takes them from elsewhere: \(needs.absent.count)"]
            lines += needs.absent.map { "  \($0)" }
        }
        if !report.failures.isEmpty {
            lines.append("cannot be restored: \(report.failures.count)")
            lines += report.failures.map { "  \($0.message)" }
        }
        if !report.warnings.isEmpty { lines += ["to know:"] + report.warnings.map { "  \($0)" } }
        lines += ["", "requests"] + Quantity.table(requests.byName).map { "  \($0)" }
        let rate = Rate(limits[.accountWrites] ?? RateClass.accountWrites.serviceQuota)
        lines += ["", "\(LeastTime(minutes: requests.minimumMinutes(at: limits))) at \(rate) writes a second"]
        return lines
    }

    // MARK: For a program

    package struct Document: Encodable {
        struct Version: Encodable {
            let version: String
            let isMissing: Bool
            let status: OrNull<String>
            /// The status that the version would get.
            let restoredStatus: String
        }

        struct Build: Encodable {
            let versions: Int
            let absent: [String]
            let unread: [String]
        }

        let format = 1
        let outcome: String
        let exit: Int32
        let message: OrNull<String>
        let versions: RunReport.Versions
        let publishes: Int
        let assets: Int
        let bytes: Int64
        let planned: [Version]
        let build: OrNull<Build>
        let requests: [String: Int]
        let minutes: Double
        let failures: [RunReport.Failure]
        let warnings: [String]
    }

    package var document: Document {
        Document(
            outcome: report.outcome.rawValue,
            exit: exit.rawValue,
            message: OrNull(report.message),
            versions: report.versions,
            publishes: writes.versions,
            assets: writes.assets,
            bytes: writes.bytes,
            planned: planned.sorted { "\($0.version)" < "\($1.version)" }.map { version in
                Document.Version(
                    version: "\(version.version)",
                    isMissing: version.isMissing,
                    status: OrNull(version.gone?.status.rawValue),
                    restoredStatus: version.status.rawValue
                )
            },
            build: OrNull(
                needs.map { Document.Build(versions: $0.count, absent: $0.absent, unread: $0.unread) }
            ),
            requests: requests.byName,
            minutes: requests.minimumMinutes(at: limits),
            failures: report.failures,
            warnings: report.warnings
        )
    }
}

extension PlannedVersion {
    fileprivate var note: String {
        let state = isMissing ? "missing" : "unfinished or older"
        if let gone {
            let became = gone.status == .deleted ? "deleted" : gone.status.rawValue
            return "\(state); \(became) \(gone.recordedAt.extended), comes back \(status.rawValue)"
        }
        return status == .published ? state : "\(state); comes back \(status.rawValue)"
    }
}
