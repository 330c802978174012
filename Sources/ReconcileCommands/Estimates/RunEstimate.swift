import AWSServices
import ReconcileApp
package import ReconcileCore

/// What a run would do: the account of a dry run, and what the bytes and documents left out would have cost.
package struct RunEstimate: Hashable, Sendable {
    /// The dry run's own report.
    package let report: RunReport
    /// Requests that a run would send, by operation.
    package let requests: [ServiceOperation: Int]
    package let assets: Int
    package let bytes: Int64

    /// - Parameters:
    ///   - sent: what the dry run itself asked.
    ///   - store: where the run would write.
    package init(
        report: RunReport,
        sent: [ServiceOperation: Int],
        writes: DryRunStore.Writes,
        store: StoreOperations
    ) {
        self.report = report
        var requests = sent
        requests[store.write, default: 0] += writes.assets + writes.documents + 1
        if writes.documentsReadBack > 0 {
            requests[store.read, default: 0] += writes.documentsReadBack
        }
        if writes.assets > 0 {
            requests[MavenOperations.getAsset, default: 0] += writes.assets
            requests[CodeArtifactOperations.getToken] = 1
        }
        self.requests = requests
        assets = writes.assets
        bytes = writes.bytes
    }

    /// The shortest time that the service's default quotas allow for the calls, in minutes.
    package var minimumMinutes: Double { requests.minimumMinutes }

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
        lines += Quantity.table(requests.byName).map { "  \($0)" }
        lines += [
            "",
            "at least \(Quantity.tenths(minimumMinutes)) minutes at the service's default quotas",
            "about \(requests.price) for these requests "
                + "(list prices of \(AWSPrices.date), us-east-1)",
        ]
        return lines
    }
}
