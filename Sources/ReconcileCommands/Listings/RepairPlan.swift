import ReconcileApp
package import ReconcileCore

/// The output of `verify --repair --dry-run`: what a repair would write, and what it could not repair.
package struct RepairPlan: Listing {
    /// The verification's report, with nothing repaired.
    package let report: VerifyReport
    private let writes: [RehearsedStore.Write]
    private let repairable: Int
    /// Findings that a repair would not fix.
    private let left: [VerifyReport.Finding]

    /// - Parameters:
    ///   - rehearsal: the report of a repair that wrote nothing.
    ///   - writes: what the repair would have written.
    package init(_ rehearsal: VerifyReport, writes: [RehearsedStore.Write]) {
        var report = rehearsal
        repairable = report.mended
        left = report.findings.filter { !$0.mended }
        report.mended = 0
        for index in report.findings.indices where report.findings[index].mended {
            report.findings[index].mended = false
            report.findings[index].message += ". A repair would fix it"
        }
        if report.outcome == .sound, report.faultsLeft > 0 { report.outcome = .faulty }
        self.report = report
        self.writes = writes
    }

    private var bytes: Int64 { writes.reduce(0) { $0.adding(saturating: $1.isAsset ? $1.size : 0) } }

    // MARK: For a person

    package func lines(width: Int) -> [String] {
        let assets = writes.count(where: \.isAsset)
        var lines = [
            "a repair would fix \(repairable) of \(Quantity.count(report.faultsLeft, "fault")): "
                + "\(Quantity.count(assets, "asset")) (\(Quantity.bytes(bytes))) and "
                + "\(Quantity.count(writes.count - assets, "document")) written"
        ]
        if let message = report.message { lines.insert("\(report.outcome.rawValue): \(message)", at: 0) }
        lines += PlannedCopies.lines(
            writes.prefix(PlannedCopies.named).map { write in
                "  \(write.key)  \(write.isAsset ? "asset" : "document"), \(Quantity.bytes(write.size))"
            },
            of: writes.count
        )
        let count = report.faultsLeft - repairable
        if count > 0 {
            lines.append("cannot be repaired: \(count)")
            lines += PlannedCopies.lines(
                left.prefix(PlannedCopies.named).map { "  \($0.key): \($0.message)" },
                of: count
            )
        }
        if report.unsettled > 0 { lines.append("unsettled \(report.unsettled): changed within the settling time") }
        return lines
    }

    // MARK: For a program

    package struct Document: Encodable {
        struct Write: Encodable {
            let key: String
            let asset: Bool
            let bytes: Int64
        }

        let format = 1
        let outcome: String
        let message: OrNull<String>
        let faults: Int
        let repairable: Int
        let unsettled: Int
        let writes: [Write]
        let bytes: Int64
        let left: [VerifyReport.Finding]
    }

    package var document: Document {
        Document(
            outcome: report.outcome.rawValue,
            message: OrNull(report.message),
            faults: report.faultsLeft,
            repairable: repairable,
            unsettled: report.unsettled,
            writes: writes.map { Document.Write(key: "\($0.key)", asset: $0.isAsset, bytes: $0.size) },
            bytes: bytes,
            left: left
        )
    }
}
