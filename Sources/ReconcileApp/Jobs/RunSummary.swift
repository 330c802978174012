package import ReconcileCore

/// A run's report as a person reads it: a few lines at the end of a run.
package struct RunSummary: Hashable, Sendable {
    private let report: RunReport
    private let elapsed: Duration

    package init(_ report: RunReport, elapsed: Duration) {
        self.report = report
        self.elapsed = elapsed
    }

    package var lines: [String] {
        let versions = report.versions
        var lines = [
            "\(ending): \(Quantity.count(versions.listed, "version")) in "
                + "\(Quantity.count(report.packages, "package")) of \(repositories), \(Quantity.time(elapsed))"
        ]
        if let message = report.messageNotLogged { lines.append("  \(message)") }
        lines.append(
            "  in sync \(versions.inSync)  missing \(versions.missing)  stale \(versions.stale)  "
                + "orphaned \(versions.orphaned)  copied \(versions.copied)  failed \(versions.failed)  "
                + "skipped \(versions.skipped)"
        )
        if let recorded = report.recorded { lines.append("  versions recorded in the backup \(recorded.versions)") }
        if report.assets.copied + report.assets.adopted + report.assets.failed > 0 {
            lines.append(
                "  assets copied \(report.assets.copied) (\(Quantity.bytes(report.bytes.copied)))  "
                    + "adopted \(report.assets.adopted)  failed \(report.assets.failed)"
            )
        }
        lines.append("  requests\(report.requests.isEmpty ? ": none" : "")")
        lines += Quantity.table(report.requests).map { "    \($0)" }
        if report.retries + report.throttled > 0 {
            lines.append("  retried \(report.retries), throttled \(report.throttled)")
        }
        if let line = concurrency { lines.append(line) }
        return lines
    }

    /// Nil where nothing had to wait for a second.
    private var concurrency: String? {
        guard let concurrency = report.concurrency else { return nil }
        let waited = concurrency.waitedSeconds
        let bounds = [("quotas", waited.quotas), ("width", waited.width), ("bytes in motion", waited.bytes)]
            .filter { $0.1 > 0 }.map { "\($0.0) \(Quantity.time(.seconds($0.1)))" }
        guard !bounds.isEmpty else { return nil }
        let most = Quantity.count(concurrency.most, "asset")
        return "  at most \(most) at once; waited for \(bounds.joined(separator: ", "))"
    }

    /// The outcome `deadline` is that of a signal too; the message says which.
    private var ending: String { report.outcome == .deadline ? "stopped" : report.outcome.rawValue }

    private var repositories: String {
        report.repositories == 1 ? "1 repository" : "\(report.repositories) repositories"
    }
}

extension RunReport {
    /// Why the run ended as it did; nil if that is a failure, which was logged when it happened.
    var messageNotLogged: String? { failures.contains { $0.message == message } ? nil : message }
}
