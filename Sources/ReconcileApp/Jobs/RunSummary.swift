package import ReconcileCore

/// A run's report as a person reads it: a few lines at the end of a run. Zero counts are left out.
package struct RunSummary: Hashable, Sendable {
    private let report: RunReport
    private let elapsed: Duration
    private let isVerbose: Bool
    private let tellsCost: Bool

    /// - Parameters:
    ///   - isVerbose: whether to list the requests and their cost.
    ///   - tellsCost: whether to print the cost even if not verbose.
    package init(_ report: RunReport, elapsed: Duration, isVerbose: Bool = false, tellsCost: Bool = false) {
        self.report = report
        self.elapsed = elapsed
        self.isVerbose = isVerbose
        self.tellsCost = tellsCost || isVerbose
    }

    package var lines: [String] {
        let (versions, assets) = (report.versions, report.assets)
        let size = Quantity.bytes(report.bytes.copied)
        let moved = [
            assets.copied > 0 ? "copied \(assets.copied) (\(size))" : nil,
            Quantity.row([("adopted", assets.adopted), ("failed", assets.failed)]),
        ].compactMap(\.self)
        var rows = [
            Quantity.row([
                ("in sync", versions.inSync), ("missing", versions.missing), ("stale", versions.stale),
                ("orphaned", versions.orphaned), ("copied", versions.copied), ("deleted", versions.deleted),
                ("pending deletions", versions.pending), ("mutated", versions.mutated),
                ("unavailable", versions.unavailable), ("failed", versions.failed),
                ("unrecorded", versions.unrecorded), ("left", versions.left),
                ("skipped", versions.skipped),
            ]),
            Quantity.row([("versions recorded in the backup", report.recorded?.versions ?? 0)]),
            moved.isEmpty ? nil : "assets \(moved.joined(separator: "  "))",
        ]
        if tellsCost { rows.append("requests \(RequestCost(of: report.requests).words ?? "none")") }
        if isVerbose { rows += Quantity.table(report.requests).map { "  \($0)" } }
        rows += [Quantity.row([("retried", report.retries), ("throttled", report.throttled)]), concurrency]
        return headline + rows.compactMap { $0.map { "  \($0)" } }
    }

    /// The outcome and what was processed; for a run stopped at its deadline, the message says how far it got.
    private var headline: [String] {
        let looked =
            "\(Quantity.count(report.versions.listed, "version")) in \(Quantity.count(report.packages, "package")) of "
            + "\(repositories), \(Quantity.time(elapsed))"
        guard let message = report.messageNotLogged else { return ["\(report.outcome.rawValue): \(looked)"] }
        return report.outcome == .deadline
            ? [message, "  seen \(looked)"] : ["\(report.outcome.rawValue): \(looked)", "  \(message)"]
    }

    /// Nil if nothing had to wait for a second or more.
    private var concurrency: String? {
        guard let concurrency = report.concurrency else { return nil }
        let waited = concurrency.waitedSeconds
        let bounds = [("quotas", waited.quotas), ("width", waited.width), ("bytes in motion", waited.bytes)]
            .filter { $0.1 > 0 }.map { "\($0.0) \(Quantity.time(.seconds($0.1)))" }
        guard !bounds.isEmpty else { return nil }
        let waits = "waited for \(bounds.joined(separator: ", "))"
        return concurrency.most == 0 ? waits : "at most \(Quantity.count(concurrency.most, "asset")) at once; \(waits)"
    }

    private var repositories: String {
        report.repositories == 1 ? "1 repository" : "\(report.repositories) repositories"
    }
}

extension RunReport {
    /// Why the run ended as it did; nil if the reason is a failure, which was logged when it happened.
    var messageNotLogged: String? { failures.contains { $0.message == message } ? nil : message }
}
