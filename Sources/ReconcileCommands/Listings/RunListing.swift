import ReconcileApp
package import ReconcileCore

/// One report in a list.
package struct ReportRow: Sendable {
    let entry: StoredReports.Entry
    let content: Result<StoredReports.Content, RemoteFailure>

    package init(entry: StoredReports.Entry, content: Result<StoredReports.Content, RemoteFailure>) {
        self.entry = entry
        self.content = content
    }
}

/// The output of `reconcile runs`: a row for each report, the newest first.
package struct RunListing: Listing {
    private let rows: [ReportRow]
    private let total: Int
    private let place: ListingPlace

    /// - Parameter total: the number of stored reports, including those not listed.
    package init(_ rows: [ReportRow], total: Int, of place: ListingPlace) {
        self.rows = rows
        self.total = total
        self.place = place
    }

    // MARK: For a person

    package func lines(width: Int) -> [String] {
        let lines = lines(of: rows.map(Self.row), width)
        guard total > rows.count else { return lines }
        return lines + ["", "\(rows.count) of \(total) reports; --last \(total) lists all"]
    }

    /// How a table shows when a run began; the run's ID begins with the same time.
    private enum Start {
        case whole
        /// `11-22 08:36`.
        case short
        case left
    }

    /// Returns the widest table that fits, or several lines per report: an ID is never split.
    private func lines(of rows: [Row], _ width: Int) -> [String] {
        for table in [Start.whole, .short, .left].map({ Self.table(rows, $0) }) where table.width <= width {
            return table.lines(width: width)
        }
        return rows.flatMap { line in
            let counts = line.copied.value.map { "\($0) copied, " } ?? ""
            let words =
                "\(line.command), \(line.outcome.value ?? "unreadable"), \(counts)"
                + "\(line.failed.value.map { "\($0)" } ?? "?") failed, took \(Self.took(line))"
            return [line.runID] + DisplayWidth.lines(of: words, width: width - 2).map { "  \($0)" }
        }
    }

    private static func table(_ rows: [Row], _ start: Start) -> TextTable {
        TextTable(
            [.init("ID")] + (start == .left ? [] : [.init("STARTED")]) + [
                .init("TOOK", isNumber: true), .init("JOB"), .init("OUTCOME"), .init("COPIED", isNumber: true),
                .init("FAILED", isNumber: true),
            ],
            rows: rows.map { line -> [TextTable.Cell] in
                [[line.runID]] + (start == .left ? [] : [[started(line, start)]]) + [
                    [took(line)], [line.command], [line.outcome.value ?? "unreadable"],
                    [line.copied.value.map { "\($0)" } ?? "-"], [line.failed.value.map { "\($0)" } ?? "?"],
                ]
            }
        )
    }

    private static func started(_ line: Row, _ start: Start) -> String {
        guard let whole = line.startedAt.value else { return "?" }
        guard start == .short, Timestamp(extended: whole) != nil else { return whole }
        return "\(whole.dropFirst(5).prefix(5)) \(whole.dropFirst(11).prefix(5))"
    }

    private static func took(_ line: Row) -> String {
        guard let start = line.startedAt.value.flatMap({ Timestamp(extended: $0) }),
            let end = line.finishedAt.value.flatMap({ Timestamp(extended: $0) })
        else { return "?" }
        return Quantity.time(.seconds(max(0, end.seconds - start.seconds)))
    }

    // MARK: For a program

    package struct Document: Encodable {
        let format = 1
        let domain: String
        let backup: String
        let total: Int
        let reports: [Row]
        /// The date of the list prices.
        let prices: String
    }

    package struct Row: Encodable {
        let runID: String
        let command: String
        let key: String
        let startedAt: OrNull<String>
        let finishedAt: OrNull<String>
        let outcome: OrNull<String>
        let message: OrNull<String>
        let shard: OrNull<String>
        /// The number of versions copied; null for a verification.
        let copied: OrNull<Int>
        /// The number of versions that failed; for a verification, the number of faults left.
        let failed: OrNull<Int>
        /// The cost of the report's requests, at the document's prices.
        let dollars: OrNull<Double>
        /// Why the report cannot be read; null if it can.
        let failure: OrNull<String>
    }

    package var document: Document {
        Document(
            domain: place.domain,
            backup: place.backup,
            total: total,
            reports: rows.map(Self.row),
            prices: RequestCost.date
        )
    }

    private static func row(_ row: ReportRow) -> Row {
        var (run, verification): (RunReport?, VerifyReport?) = (nil, nil)
        var failure: RemoteFailure?
        switch row.content {
        case .success(.run(let report)): run = report
        case .success(.verification(let report)): verification = report
        case .success(.drill): break
        case .failure(let reason): failure = reason
        }
        return Row(
            runID: row.entry.runID,
            command: row.entry.command.rawValue,
            key: row.entry.key.value,
            startedAt: OrNull(run?.startedAt ?? verification?.startedAt),
            finishedAt: OrNull(run?.finishedAt ?? verification?.finishedAt),
            outcome: OrNull(run?.outcome.rawValue ?? verification?.outcome.rawValue),
            message: OrNull(run?.message ?? verification?.message),
            shard: OrNull(run?.shard ?? verification?.shard),
            copied: OrNull(run?.versions.copied),
            failed: OrNull(run?.versions.failed ?? verification?.faultsLeft),
            dollars: OrNull((run?.requests ?? verification?.requests).map { RequestCost(of: $0).dollars }),
            failure: OrNull(failure?.description)
        )
    }
}

/// The output of `reconcile runs show`: one report, as stored or in words.
package struct ReportListing: Listing {
    private let content: StoredReports.Content
    private let isVerbose: Bool

    /// The maximum number of faults shown to a person.
    private static let shown = 20

    /// - Parameter isVerbose: whether to list the request counts for a person.
    package init(_ content: StoredReports.Content, isVerbose: Bool = false) {
        self.content = content
        self.isVerbose = isVerbose
    }

    // MARK: For a person

    package func lines(width: Int) -> [String] {
        switch content {
        case .run(let report):
            let elapsed = Self.elapsed(report.startedAt, report.finishedAt)
            let failures = FailureLines(
                report.failures,
                of: max(report.failures.count, report.versions.failed),
                whole: "--output json"
            )
            return ["run \(report.runID) of the domain \(report.domain), \(report.startedAt)"]
                + RunSummary(report, elapsed: elapsed, isVerbose: isVerbose, tellsCost: true).lines
                + report.warnings.flatMap { Self.wrapped("warning: \($0)", 2, width) }
                + failures.lines { Self.wrapped($0, $1, width) }
        case .verification(let report):
            let elapsed = Self.elapsed(report.startedAt, report.finishedAt)
            let faults = report.findings.filter { !$0.mended }
                .map { (place: "\($0.kind.rawValue)  \($0.place.words)", message: "\($0.key): \($0.message)") }
            return ["verification \(report.runID) of the domain \(report.domain), \(report.startedAt)"]
                + VerifySummary(report, elapsed: elapsed).lines
                + [RequestCost(of: report.requests).words.map { "  requests \($0)" }].compactMap(\.self)
                + Self.lines(faults, of: report.faultsLeft, width)
        case .drill(let report):
            let findings = report.findings.map { (place: $0.place.words, message: "\($0.key): \($0.message)") }
            return ["drill \(report.drillID) of the domain \(report.domain), \(report.startedAt)"]
                + Self.lines(findings, of: findings.count, width)
        }
    }

    private static func lines(_ failures: [(place: String, message: String)], of all: Int, _ width: Int) -> [String] {
        let some = failures.prefix(shown)
        return some.flatMap { wrapped($0.place, 2, width) + wrapped($0.message, 4, width) }
            + (all > some.count ? ["  and \(all - some.count) more; --output json names them"] : [])
    }

    private static func wrapped(_ text: String, _ indent: Int, _ width: Int) -> [String] {
        let space = String(repeating: " ", count: indent)
        return DisplayWidth.lines(of: text, width: width - indent).map { space + $0 }
    }

    private static func elapsed(_ start: String, _ end: String) -> Duration {
        guard let start = Timestamp(extended: start), let end = Timestamp(extended: end) else { return .zero }
        return .seconds(max(0, end.seconds - start.seconds))
    }

    // MARK: For a program

    /// The stored report.
    package struct Document: Encodable {
        let content: StoredReports.Content

        package func encode(to encoder: any Encoder) throws {
            switch content {
            case .run(let report): try report.encode(to: encoder)
            case .verification(let report): try report.encode(to: encoder)
            case .drill(let report): try report.encode(to: encoder)
            }
        }
    }

    package var document: Document { Document(content: content) }
}
