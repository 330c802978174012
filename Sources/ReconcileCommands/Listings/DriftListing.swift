import ReconcileApp
package import ReconcileCore

/// The output of `reconcile drift`: differences between the domain and the backup, and past changes.
package struct DriftListing: Listing {
    private let report: DriftReport
    private let place: ListingPlace
    private let since: Timestamp?
    private let isOffline: Bool
    private let now: Double

    /// - Parameters:
    ///   - isOffline: whether only the backup was read, not the domain.
    ///   - now: seconds since 1970.
    package init(_ report: DriftReport, of place: ListingPlace, since: Timestamp?, isOffline: Bool, now: Double) {
        self.report = report
        self.place = place
        self.since = since
        self.isOffline = isOffline
        self.now = now
    }

    private var findings: DriftFindings { report.findings }

    // MARK: For a person

    /// The total comes last, where it is still visible when the rest has scrolled off the screen.
    package func lines(width: Int) -> [String] {
        var lines: [String] = []
        for (title, section) in [
            ("orphaned: only in the backup", orphaned(width)),
            ("mutated: different bytes under the same name (SHA-256)", mutated(width)),
            ("status changes", statusChanges(width)), ("unprotected now (longest possible time)", unprotected(width)),
            ("configuration of the domain: changed since \(recorded)", configurationChanges(width)),
        ] where !section.isEmpty {
            lines += [title] + section + [""]
        }
        if findings.orphaned.contains(where: { !$0.isConfirmed }) {
            lines += ["* missing from the listing, but the listing is too short to be trusted", ""]
        }
        return lines + summary
    }

    private func orphaned(_ width: Int) -> [String] {
        let rows = findings.orphaned.map { orphan -> [TextTable.Cell] in
            let deletion =
                orphan.deletionRecorded?.extended ?? (orphan.isConfirmed ? "not recorded yet" : "not recorded yet *")
            return [
                ["\(orphan.version)"], [orphan.lastRecorded?.extended ?? "never"], [deletion],
            ]
        }
        return TextTable([.init("VERSION"), .init("LAST RECORDED"), .init("DELETED")], rows: rows)
            .lines(width: width, indent: 2)
    }

    private func mutated(_ width: Int) -> [String] {
        findings.mutated.flatMap { row in
            DisplayWidth.pieces(of: "\(row.version)  \(row.mutation.name)", width: width - 2).map { "  \($0)" }
                + row.mutation.lines(indent: "    ")
        }
    }

    private func statusChanges(_ width: Int) -> [String] {
        let rows = findings.statusChanges.map { change -> [TextTable.Cell] in
            [
                ["\(change.version)"], [change.from.rawValue], [change.to.rawValue],
                [change.recordedAt?.extended ?? "not recorded yet"],
            ]
        }
        return TextTable([.init("VERSION"), .init("FROM"), .init("TO"), .init("RECORDED")], rows: rows)
            .lines(width: width, indent: 2)
    }

    private func unprotected(_ width: Int) -> [String] {
        let rows = findings.unprotected.map { row -> [TextTable.Cell] in
            [
                ["\(row.version)"], [row.state.rawValue], [row.status.rawValue],
                [row.seconds(at: now).map { Quantity.time(.seconds($0)) } ?? "unknown"],
                [row.publishedTime.map { Timestamp(secondsSince1970: $0).extended } ?? "unknown"],
            ]
        }
        return TextTable(
            [
                .init("VERSION"), .init("STATE"), .init("STATUS"), .init("AT MOST", isNumber: true),
                .init("PUBLISHED"),
            ],
            rows: rows
        ).lines(width: width, indent: 2)
    }

    private var changes: [ConfigurationChange] { report.configuration?.changes ?? [] }

    private var recorded: String { report.configuration?.recordedAt.extended ?? "" }

    /// Changes that widen access come first.
    private func configurationChanges(_ width: Int) -> [String] {
        (changes.filter(\.widens) + changes.filter { !$0.widens }).flatMap { change in
            DisplayWidth.pieces(of: change.sentence, width: width - 2).map { "  \($0)" }
        }
    }

    private var summary: [String] {
        var lines: [String] = []
        if report.run.exit != .converged { lines.append("not everything was checked: there may be more drift") }
        let listed =
            "\(Quantity.count(report.run.versions.listed, "version")) in "
            + "\(Quantity.count(report.run.packages, "package")) listed"
        let history = since.map { ", recorded since \($0.extended)" } ?? ""
        lines.append("looked at: \(isOffline ? "the backup alone, not the domain" : listed)\(history)")
        if report.records.listed > 0 { lines.append(looked) }
        if let unknown = report.configuration?.unknown, !unknown.isEmpty {
            lines.append(
                "not compared: \(unknown.prefix(3).joined(separator: ", "))" + (unknown.count > 3 ? ", …" : "")
            )
        }
        guard !report.isEmpty else {
            if report.run.exit == .converged { return lines + ["no drift"] }
            let hasListed = report.run.versions.listed > 0
            return lines + [hasListed ? "no drift in what was compared" : "nothing could be compared"]
        }
        let configuration =
            changes.isEmpty ? "" : ", \(Quantity.count(changes.count, "configuration change"))"
        return lines + [
            "drift: \(findings.orphaned.count) orphaned, \(findings.mutated.count) mutated, "
                + "\(Quantity.count(findings.statusChanges.count, "status change")), "
                + "\(findings.unprotected.count) unprotected\(configuration)"
        ]
    }

    /// How many records were compared and read: comparing keys must not be mistaken for reading.
    private var looked: String {
        let (listed, read) = (report.records.listed, report.records.read)
        let part = read == 0 ? "none of them" : listed == read ? "all" : "\(read) of them"
        return "records: \(listed) compared by name and size, \(part) read; \(Self.reading) reads all"
    }

    /// The command that reads all records.
    private static let reading = "reconcile verify --depth manifests"

    // MARK: For a program

    package struct Document: Encodable {
        let format = 1
        let domain: String
        let backup: String
        let at: String
        let since: OrNull<String>
        let offline: Bool
        let records: RecordsRow
        let shard: String
        /// As in a run's report: `converged` if everything was checked.
        let outcome: String
        let exit: Int32
        let message: OrNull<String>
        let orphaned: [PlacedRow<OrphanedRow>]
        let mutated: [PlacedRow<MutatedRow>]
        let statusChanges: [PlacedRow<StatusRow>]
        let unprotected: [PlacedRow<UnprotectedRow>]
        let configuration: OrNull<ConfigurationRow>
        let warnings: [String]
        let failures: [RunReport.Failure]
        let requests: [String: Int]
    }

    /// How many records were compared and read.
    package struct RecordsRow: Encodable {
        let listed: Int
        let read: Int
        let readAllWith: String
    }

    package struct ConfigurationRow: Encodable {
        let key: String
        let recordedAt: String
        let changes: [ConfigurationChange]
        let unknown: [String]
    }

    package struct OrphanedRow: Encodable {
        let lastStatus: OrNull<String>
        let lastRecordedAt: OrNull<String>
        let deletionRecordedAt: OrNull<String>
        let confirmed: Bool
    }

    package struct MutatedRow: Encodable {
        let asset: String
        let was: AssetRow
        let now: AssetRow
    }

    package struct StatusRow: Encodable {
        let from: String
        let to: String
        let recordedAt: OrNull<String>
    }

    package struct UnprotectedRow: Encodable {
        let state: String
        let status: String
        let publishedAt: OrNull<String>
        let lastRecordedAt: OrNull<String>
        let atMostSeconds: OrNull<Int64>
    }

    package var document: Document {
        let run = report.run
        return Document(
            domain: place.domain,
            backup: place.backup,
            at: Timestamp(secondsSince1970: now).extended,
            since: OrNull(since?.extended),
            offline: isOffline,
            records: RecordsRow(
                listed: report.records.listed,
                read: report.records.read,
                readAllWith: Self.reading
            ),
            shard: run.shard,
            outcome: run.outcome.rawValue,
            exit: report.exit.rawValue,
            message: OrNull(run.outcome == .failed ? run.message : nil),
            orphaned: findings.orphaned.map { row in
                PlacedRow(
                    version: row.version,
                    row: OrphanedRow(
                        lastStatus: OrNull(row.lastStatus?.rawValue),
                        lastRecordedAt: OrNull(row.lastRecorded?.extended),
                        deletionRecordedAt: OrNull(row.deletionRecorded?.extended),
                        confirmed: row.isConfirmed
                    )
                )
            },
            mutated: findings.mutated.map { row in
                let mutation = row.mutation
                return PlacedRow(
                    version: row.version,
                    row: MutatedRow(asset: mutation.name, was: AssetRow(mutation.was), now: AssetRow(mutation.now))
                )
            },
            statusChanges: findings.statusChanges.map { row in
                PlacedRow(
                    version: row.version,
                    row: StatusRow(
                        from: row.from.rawValue,
                        to: row.to.rawValue,
                        recordedAt: OrNull(row.recordedAt?.extended)
                    )
                )
            },
            unprotected: findings.unprotected.map { row in
                PlacedRow(
                    version: row.version,
                    row: UnprotectedRow(
                        state: row.state.rawValue,
                        status: row.status.rawValue,
                        publishedAt: OrNull(row.publishedTime.map { Timestamp(secondsSince1970: $0).extended }),
                        lastRecordedAt: OrNull(row.lastRecorded?.extended),
                        atMostSeconds: OrNull(row.seconds(at: now).map { Int64($0) })
                    )
                )
            },
            configuration: OrNull(
                report.configuration.map { configuration in
                    ConfigurationRow(
                        key: configuration.key.value,
                        recordedAt: configuration.recordedAt.extended,
                        changes: configuration.changes,
                        unknown: configuration.unknown
                    )
                }
            ),
            warnings: run.warnings,
            failures: run.failures,
            requests: run.requests
        )
    }
}
