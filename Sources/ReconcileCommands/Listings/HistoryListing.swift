import ReconcileApp
package import ReconcileCore

/// The output of `reconcile history`: every record, and what changed.
package struct HistoryListing: Listing {
    private let entries: [HistoryEntry]
    private let place: ListingPlace

    /// - Parameter entries: sorted by time.
    package init(_ entries: [HistoryEntry], of place: ListingPlace) {
        self.entries = entries
        self.place = place
    }

    // MARK: For a person

    package func lines(width: Int) -> [String] {
        entries.flatMap { entry -> [String] in
            let record = entry.record
            let recorder = entry.manifest.map { "\($0.recordedBy.door) \($0.recordedBy.version)" } ?? "?"
            var lines = [
                "\(record.recordedAt.extended)  \(record.status.rawValue)  "
                    + "revision \(KeptListing.short(record.revision))  by \(recorder)"
            ]
            lines += DisplayWidth.pieces(of: "\(record.coordinates)", width: width - 2).map { "  \($0)" }
            if let failure = entry.failure { lines.append("    its manifest cannot be read: \(failure)") }
            if entry.changes.isEmpty, entry.failure == nil { lines.append("    nothing changed") }
            return lines + entry.changes.flatMap(Self.lines)
        }
    }

    private static func lines(_ change: VersionChange) -> [String] {
        switch change {
        case .first(let assets, let bytes):
            ["    first recorded, \(Quantity.count(assets, "asset")), \(Quantity.bytes(bytes))"]
        case .status(let from, let to): ["    status \(from.rawValue) -> \(to.rawValue)"]
        case .deleted: ["    deleted from the source"]
        case .publishedAgain: ["    published again"]
        case .revision: ["    another revision of the same assets"]
        case .added(let stored): ["    added \(stored.asset.name)  \(Quantity.bytes(stored.asset.size))"]
        case .gone(let stored): ["    gone  \(stored.asset.name)  \(Quantity.bytes(stored.asset.size))"]
        case .mutated(let mutation):
            ["    other bytes under \(mutation.name) (SHA-256)"] + mutation.lines(indent: "      ")
        }
    }

    // MARK: For a program

    package struct Document: Encodable {
        let format = 1
        let domain: String
        let backup: String
        let records: [PlacedRow<Row>]
    }

    package struct Row: Encodable {
        let recordedAt: String
        let status: String
        let revision: OrNull<String>
        let recordedBy: OrNull<Manifest.Recorder>
        let changes: [ChangeRow]
        /// Why the manifest cannot be read; null if it can.
        let failure: OrNull<String>
    }

    /// A change; `kind` determines which of the other members are present.
    package struct ChangeRow: Encodable {
        var kind: String
        var assets: Int?
        var bytes: Int64?
        var from: String?
        var to: String?
        var asset: String?
        var was: AssetRow?
        var now: AssetRow?
    }

    package var document: Document {
        Document(
            domain: place.domain,
            backup: place.backup,
            records: entries.map { entry in
                PlacedRow(
                    version: entry.record.coordinates,
                    row: Row(
                        recordedAt: entry.record.recordedAt.extended,
                        status: entry.record.status.rawValue,
                        revision: OrNull(entry.record.revision),
                        recordedBy: OrNull(entry.manifest?.recordedBy),
                        changes: entry.changes.map { Self.row($0, entry.record.recordedAt) },
                        failure: OrNull(entry.failure?.description)
                    )
                )
            }
        )
    }

    private static func row(_ change: VersionChange, _ time: Timestamp) -> ChangeRow {
        switch change {
        case .first(let assets, let bytes): return ChangeRow(kind: "first", assets: assets, bytes: bytes)
        case .status(let from, let to):
            return ChangeRow(kind: "status", from: from.rawValue, to: to.rawValue)
        case .deleted: return ChangeRow(kind: "deleted")
        case .publishedAgain: return ChangeRow(kind: "publishedAgain")
        case .revision: return ChangeRow(kind: "revision")
        case .added(let stored):
            let now = AssetRow(AssetSighting(stored, recordedAt: time))
            return ChangeRow(kind: "added", asset: stored.asset.name, now: now)
        case .gone(let stored):
            return ChangeRow(kind: "gone", bytes: stored.asset.size, asset: stored.asset.name)
        case .mutated(let mutation):
            return ChangeRow(
                kind: "mutated",
                asset: mutation.name,
                was: AssetRow(mutation.was),
                now: AssetRow(mutation.now)
            )
        }
    }
}
