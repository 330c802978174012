import AWSServices
import ReconcileApp
package import ReconcileCore

/// What a run would do: the report of a dry run, and the cost of the bytes and documents that it did not transfer.
package struct RunEstimate: Hashable, Sendable, Listing {
    /// The report of the dry run.
    package let report: RunReport
    /// Requests that a run would send, by operation.
    package let requests: [ServiceOperation: Int]
    package let assets: Int
    package let bytes: Int64
    package let planned: PlannedCopies
    /// The number of packages by format, except Maven's, which no run backs up; nil if they were not counted.
    package let otherPackages: [String: Int]?
    private let store: StoreOperations
    /// Requests that a later run with nothing to do would send, by operation.
    package let idle: [ServiceOperation: Int]

    /// - Parameters:
    ///   - planned: the versions that the run would copy.
    ///   - sent: the requests that the dry run sent.
    ///   - store: the operations of the store that the run would write to.
    ///   - configuration: the requests that read the domain's configuration, which a dry run does not send.
    package init(
        report: RunReport,
        planned: PlannedCopies,
        sent: [ServiceOperation: Int],
        writes: DryRunStore.Writes,
        store: StoreOperations,
        otherPackages: [String: Int]? = nil,
        configuration: [ServiceOperation: Int] = [:]
    ) {
        self.report = report
        var requests = sent
        requests[store.write, default: 0] += writes.assets + writes.documents + 1
        // The report is read back too.
        let readBack = writes.documentsReadBack + (report.versions.copied + report.versions.deleted > 0 ? 1 : 0)
        if readBack > 0 { requests[store.read, default: 0] += readBack }
        if writes.assets > 0 {
            requests[MavenOperations.getAsset, default: 0] += writes.assets
            requests[CodeArtifactOperations.getToken] = 1
        }
        // Only a run finds out whether the configuration has changed since its newest record; the first run always
        // records it.
        let isFirst = report.versions.inSync == 0 && report.versions.stale == 0 && report.versions.orphaned == 0
        if !configuration.isEmpty, isFirst {
            for operation in [store.write, store.read] { requests[operation, default: 0] += 1 }
        }
        self.requests = requests.merging(configuration, uniquingKeysWith: +)
        assets = writes.assets
        bytes = writes.bytes
        self.planned = planned
        self.otherPackages = otherPackages
        self.store = store
        let always = [
            CodeArtifactOperations.listRepositories, CodeArtifactOperations.listPackages,
            CodeArtifactOperations.listVersions, S3Operations.getVersioning,
        ]
        var idle = sent.filter { always.contains($0.key) }
        // Each version has a record, or a few; a page has a thousand.
        idle[store.list, default: 0] += (report.versions.listed + report.versions.orphaned) / 1_000 + 1
        idle[store.write, default: 0] += 1
        // The newest checkpoint is found and read, and the run writes its own.
        for operation in [store.list, store.read, store.write] { idle[operation, default: 0] += 1 }
        if !configuration.isEmpty { idle[store.list, default: 0] += 1 }
        self.idle = idle.merging(configuration, uniquingKeysWith: +)
    }

    /// The exit status: drift if there is anything to copy, or a deletion to record.
    package var exit: ExitStatus {
        let versions = report.versions
        let isDue = versions.missing + versions.stale + versions.deleted > 0
        return report.exit == .converged && isDue ? .drift : report.exit
    }

    // MARK: For a person

    package func lines(width: Int) -> [String] {
        let versions = report.versions
        if report.outcome == .failed {
            let failure = "\(report.outcome.rawValue): \(report.message ?? "")"
            return [failure, "nothing can be said of what a run would do"]
        }
        var lines = [
            "a run would copy \(Quantity.count(versions.missing + versions.stale, "version")) "
                + "(\(versions.missing) missing, \(versions.stale) stale) of \(versions.listed) listed, "
                + "\(Quantity.count(assets, "asset")), \(Quantity.bytes(bytes))"
        ]
        if let message = report.message { lines.insert("\(report.outcome.rawValue): \(message)", at: 0) }
        lines += planned.lines
        lines.append("orphaned in the backup: \(versions.orphaned)")
        if let otherPackages, !otherPackages.isEmpty {
            let formats = otherPackages.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            lines.append("not Maven packages, so never backed up: \(formats.joined(separator: ", "))")
        }
        lines += ["", "requests"]
        lines += Quantity.table(requests.byName).map { "  \($0)" }
        lines += ["", "\(LeastTime(minutes: requests.minimumMinutes)) at the service's default quotas"]
        if requests.dollars > 0 { lines.append("\(requests.price) for these requests") }
        if storage > 0 {
            lines.append("\(Dollars(storage)) a month to store what it would copy (S3 Standard)")
        }
        lines += [
            "then, with nothing to do: \(Quantity.count(idle.values.reduce(0, +), "request")) a run, "
                + "\(LeastTime(minutes: idle.minimumMinutes)); a month daily \(Dollars(daily)), "
                + "hourly \(Dollars(hourly))",
            "at the list prices of \(AWSPrices.date), us-east-1",
        ]
        return lines
    }

    /// The monthly cost in dollars of one run per day that has nothing to do.
    private var daily: Double { idle.dollars * 365 / 12 }

    /// The monthly cost of one such run per hour.
    private var hourly: Double { daily * 24 }

    /// The monthly cost in dollars of storing the bytes that would be copied; 0 if the store is free of charge.
    private var storage: Double {
        store.write.dollars > 0 ? Double(bytes) / Double(1 << 30) * AWSPrices.storage : 0
    }

    // MARK: For a program

    package struct Document: Encodable {
        struct Requests: Encodable {
            let count: [String: Int]
            let dollars: Double
            let minutes: Double
        }

        let format = 1
        let outcome: String
        let exit: Int32
        let message: OrNull<String>
        let versions: RunReport.Versions
        let assets: Int
        let bytes: Int64
        let otherPackages: OrNull<[String: Int]>
        let planned: [PlannedCopies.Version]
        let run: Requests
        let idle: Requests
        let dollarsAMonthDaily: Double
        let dollarsAMonthHourly: Double
        let storageDollarsAMonth: Double
        let prices: String
        let warnings: [String]
    }

    package var document: Document {
        Document(
            outcome: report.outcome.rawValue,
            exit: exit.rawValue,
            message: OrNull(report.message),
            versions: report.versions,
            assets: assets,
            bytes: bytes,
            otherPackages: OrNull(otherPackages),
            planned: planned.versions,
            run: Self.document(requests),
            idle: Self.document(idle),
            dollarsAMonthDaily: daily,
            dollarsAMonthHourly: hourly,
            storageDollarsAMonth: storage,
            prices: AWSPrices.date,
            warnings: report.warnings
        )
    }

    private static func document(_ requests: [ServiceOperation: Int]) -> Document.Requests {
        Document.Requests(count: requests.byName, dollars: requests.dollars, minutes: requests.minimumMinutes)
    }
}
