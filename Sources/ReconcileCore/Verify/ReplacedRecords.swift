/// Records that a listing of versions shows to have been written over or hidden, in a store that keeps versions.
///
/// A record is written once and never removed, so there is one version under its key and no delete marker. Only a repair
/// writes over one, and names it before.
struct ReplacedRecords: Sendable {
    /// What is under one key.
    struct Row: Hashable, Sendable {
        let key: ObjectKey
        let place: Place
        /// The newest delete marker; nil if there is none.
        var marker: String?
        /// Whether that is what a reader finds.
        var isHidden = false
        /// The oldest bytes that are no longer the newest.
        var older: String?
        /// When what is there now, or was between, was stored last.
        var changed: Timestamp?
    }

    private var rows: [ObjectKey: Row] = [:]

    /// Every key of which something is to be said, in order.
    var found: [Row] { rows.values.filter { $0.marker != nil || $0.older != nil }.sorted { $0.key < $1.key } }

    /// Takes in a page; the versions of a key may be on two.
    mutating func add(_ page: [StoredVersion], of selection: Selection, in layout: BackupLayout) {
        for version in page {
            let key = version.object.key
            // One version under a key, as nearly every record has, is not kept.
            guard rows[key] != nil || !version.isNewest || version.isDeleteMarker else {
                newest[key] = version.object.modified
                continue
            }
            guard let place = Self.place(of: key, in: layout, selection) else { continue }
            var row = rows[key] ?? Row(key: key, place: place, changed: newest[key])
            row.changed = [row.changed, version.object.modified].compactMap(\.self).max()
            if version.isDeleteMarker {
                row.marker = row.marker ?? version.versionID ?? "null"
                if version.isNewest { row.isHidden = true }
            } else if !version.isNewest {
                row.older = version.versionID ?? "null"
            }
            rows[key] = row
        }
        // Versions of a key come together.
        if let last = page.last?.object.key { newest = newest.filter { $0.key == last } }
    }

    /// What the record of a key is of; nil if that is not selected, or the key is none of a record.
    private static func place(of key: ObjectKey, in layout: BackupLayout, _ selection: Selection) -> Place? {
        if let version = layout.record(at: key)?.coordinates {
            guard selection.contains(version.package), !selection.namesVersions || selection.contains(version) else {
                return nil
            }
            return Place(version.package, version: version.version)
        }
        guard let package = layout.packageRecord(at: key)?.package, selection.contains(package) else { return nil }
        return Place(package)
    }

    /// When the newest versions of this page's keys, and of the last one's of the page before, were stored.
    private var newest: [ObjectKey: Timestamp] = [:]
}

extension ReplacedRecords.Row {
    /// What is wrong, unless a repair was the last to change it.
    ///
    /// - Parameter repairedAt: when a repair last named the key; nil if none did.
    func fault(repairedAt: Timestamp?) -> BackupFault? {
        if marker == nil, let repairedAt, let changed, changed.seconds <= repairedAt.seconds + Self.tolerance {
            return nil
        }
        if isHidden {
            return BackupFault(
                .hiddenRecord,
                of: place,
                at: key,
                versionID: marker,
                "the record was deleted: a delete marker hides it, and this program leaves none. Its bytes are still there: "
                    + "remove the marker, aws s3api delete-object with this key and --version-id \(marker ?? "null"), and find "
                    + "out who left it"
            )
        }
        return BackupFault(
            .rewrittenRecord,
            of: place,
            at: key,
            versionID: older,
            "the record was written over, which only a repair does, and none says so: what it says now may be forged. "
                + "Compare it with the older bytes\(older.map { ", S3 version \($0)" } ?? ""); if those are right, delete the "
                + "newer version, which brings them back"
        )
    }

    /// Seconds that a repair may take after it has named a record, and by which clocks may differ.
    private static let tolerance: Int64 = 120
}
