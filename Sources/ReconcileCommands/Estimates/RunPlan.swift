import ReconcileApp
package import ReconcileCore

/// What a run would do: the account of a dry run, and what the bytes and documents left out would have cost.
package struct RunPlan: Hashable, Sendable {
    /// The dry run's own report.
    package let report: RunReport
    /// Requests that a run would send, by operation.
    package let requests: [String: Int]
    package let assets: Int
    package let bytes: Int64

    /// - Parameter isBucket: whether writes are S3 requests.
    package init(report: RunReport, writes: DryRunStore.Writes, isBucket: Bool) {
        self.report = report
        var requests = report.requests
        let put = isBucket ? "s3.PutObject" : "directory.Write"
        let written = writes.assets + writes.documents + 1
        requests[put, default: 0] += written
        if writes.documentsReadBack > 0 {
            requests[isBucket ? "s3.GetObject" : "directory.Read", default: 0] += writes.documentsReadBack
        }
        if writes.assets > 0 {
            requests["maven.GetAsset", default: 0] += writes.assets
            requests["codeartifact.GetAuthorizationToken", default: 0] = 1
        }
        self.requests = requests
        assets = writes.assets
        bytes = writes.bytes
    }

    /// The shortest time that the service's default quotas allow for the calls, in minutes.
    package var minimumMinutes: Double {
        let reads = requests.filter { !$0.key.hasPrefix("s3.") && !$0.key.hasPrefix("directory.") }.values.reduce(0, +)
        var seconds = Double(reads) / RateClass.accountReads.serviceQuota
        let own: [(String, RateClass)] = [
            ("codeartifact.ListPackages", .listPackages),
            ("codeartifact.ListPackageVersions", .listPackageVersions),
            ("codeartifact.ListPackageVersionAssets", .listPackageVersionAssets),
        ]
        for (operation, kind) in own {
            seconds = max(seconds, Double(requests[operation] ?? 0) / kind.serviceQuota)
        }
        return seconds / 60
    }

    package var lines: [String] {
        let versions = report.versions
        var lines = [
            "a run would copy \(Quantity.count(versions.missing + versions.stale, "version")) "
                + "(\(versions.missing) missing, \(versions.stale) stale) of \(versions.listed) listed, "
                + "\(Quantity.count(assets, "asset")), \(Quantity.bytes(bytes))",
            "orphaned in the backup: \(versions.orphaned)",
            "",
            "requests",
        ]
        if let message = report.message { lines.insert("\(report.outcome.rawValue): \(message)", at: 0) }
        lines += Quantity.table(requests).map { "  \($0)" }
        lines += [
            "",
            "at least \(Quantity.tenths(minimumMinutes)) minutes at the service's default quotas",
            "about $\(Self.cents(PriceTable.dollars(for: requests))) for these requests "
                + "(list prices of \(PriceTable.date), us-east-1)",
        ]
        return lines
    }

    /// Two digits after the point, or four below ten cents.
    private static func cents(_ dollars: Double) -> String {
        let digits = dollars < 0.1 ? 4 : 2
        let scale = digits == 4 ? 10_000 : 100
        let units = Int((dollars * Double(scale)).rounded())
        let fraction = String(units % scale)
        return "\(units / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
    }
}
