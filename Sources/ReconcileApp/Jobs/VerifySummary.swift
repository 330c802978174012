package import ReconcileCore

/// A verification's report as a person reads it: a few lines at its end.
package struct VerifySummary: Hashable, Sendable {
    private let report: VerifyReport
    private let elapsed: Duration

    package init(_ report: VerifyReport, elapsed: Duration) {
        self.report = report
        self.elapsed = elapsed
    }

    package var lines: [String] {
        let looked = report.looked
        var lines = [
            "\(report.outcome == .deadline ? "stopped" : report.outcome.rawValue): "
                + "\(Quantity.count(looked.versions, "version")) in "
                + "\(Quantity.count(looked.packages, "package")), \(Quantity.time(elapsed))"
        ]
        if let message = report.message { lines.append("  \(message)") }
        lines.append("  depth \(report.depth.rawValue), sample: \(report.sample)")
        let counts = Quantity.row([
            ("manifests", looked.manifests), ("objects named", looked.objects.named),
            ("inspected", looked.objects.inspected), ("read", looked.objects.read),
        ])
        let size = looked.objects.read > 0 ? " (\(Quantity.bytes(looked.bytes.read)))" : ""
        if let counts { lines.append("  \(counts)\(size)") }
        lines += Quantity.table(report.faults.filter { $0.value > 0 }).map { "  fault \($0)" }
        if report.mended > 0 { lines.append("  repaired \(report.mended)") }
        if let retired = report.retired { lines.append("  retired: \(Quantity.count(retired, "record"))") }
        if report.unsettled > 0 { lines.append("  unsettled \(report.unsettled): changed within the settling time") }
        lines += Quantity.table(report.noted.filter { $0.value > 0 }).map { "  noted \($0)" }
        for loss in report.acceptedLosses.prefix(20) {
            let version = loss.versionID.map { "@\($0)" } ?? ""
            lines.append("  accepted loss \(loss.key)\(version), \(loss.acceptedAt.prefix(10)): \(loss.reason)")
        }
        if report.accepted > 20 { lines.append("  \(report.accepted - 20) more accepted losses are on record") }
        return lines
    }
}
