import ReconcileApp
package import ReconcileCore

/// What a restore would do: the account of a dry run, and the requests that it left out.
package struct RestorePlan: Sendable {
    /// The dry run's own report.
    package let report: RunReport
    package let writes: RestoreWrites
    /// Requests that a restore would send to the domain, by operation.
    package let requests: [String: Int]

    package init(_ restore: RestoreReport) {
        report = restore.run
        writes = restore.writes
        var requests = report.requests
        let added = [
            "maven.PutAsset": writes.assets, "maven.PutMetadata": writes.documents / 3,
            "maven.PutChecksum": writes.documents / 3 * 2, "codeartifact.UpdatePackageVersionsStatus": writes.statuses,
            "codeartifact.PutPackageOriginConfiguration": writes.controls,
            // The comparison at the end.
            "codeartifact.DescribePackageVersion": writes.versions,
            "codeartifact.ListPackageVersionAssets": writes.versions,
            "codeartifact.GetAuthorizationToken": writes.versions > 0 ? 1 : 0,
            "codeartifact.GetRepositoryEndpoint": writes.versions > 0 ? report.repositories : 0,
        ]
        for (operation, count) in added where count > 0 { requests[operation, default: 0] += count }
        self.requests = requests.filter { $0.key.hasPrefix("codeartifact.") || $0.key.hasPrefix("maven.") }
    }

    /// Drift where there is anything to restore.
    package var exit: ExitStatus {
        report.exit == .converged && writes.versions > 0 ? .drift : report.exit
    }

    /// The shortest time that the service's default quotas allow for the calls, in minutes.
    package var minimumMinutes: Double {
        let writing = writes.assets + writes.documents + writes.statuses + writes.controls
        let reading = requests.values.reduce(0, +) - writing
        let listing = requests["codeartifact.ListPackageVersionAssets"] ?? 0
        return [
            Double(writing) / RateClass.accountWrites.serviceQuota,
            Double(reading) / RateClass.accountReads.serviceQuota,
            Double(listing) / RateClass.listPackageVersionAssets.serviceQuota,
        ].reduce(0, max) / 60
    }

    package var lines: [String] {
        let versions = report.versions
        var lines = [
            "a restore would publish \(Quantity.count(writes.versions, "version")) "
                + "(\(versions.missing) missing, \(versions.stale) unfinished or older) of "
                + "\(versions.listed) recorded, \(Quantity.count(writes.assets, "asset")), "
                + "\(Quantity.bytes(writes.bytes))",
            "in the domain already: \(versions.inSync)",
        ]
        if let message = report.message { lines.insert("\(report.outcome.rawValue): \(message)", at: 0) }
        if !report.failures.isEmpty {
            lines.append("cannot be restored: \(report.failures.count)")
            lines += report.failures.map { "  \($0.message)" }
        }
        if !report.warnings.isEmpty { lines += ["to know:"] + report.warnings.map { "  \($0)" } }
        lines += ["", "requests"] + Quantity.table(requests).map { "  \($0)" }
        let rate = Int(RateClass.accountWrites.serviceQuota)
        lines += ["", "at least \(Quantity.tenths(minimumMinutes)) minutes at \(rate) writes a second"]
        return lines
    }
}
