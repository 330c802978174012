/// Records that were overwritten or hidden, as a listing of versions shows, in a store that keeps
/// versions.
///
/// A record is written once and never removed, so there is one version under its key and no delete marker.
struct ReplacedRecords: Sendable {
    /// What is under one key.
    struct Row: Hashable, Sendable {
        let key: ObjectKey
        let place: Place
        /// The newest delete marker; nil if there is none.
        var marker: String?
        /// Whether the marker is what a reader finds.
        var isHidden = false
        /// The oldest bytes that are no longer the newest.
        var older: String?
    }

    private var rows: [ObjectKey: Row] = [:]

    /// Every key with a marker or older bytes, in order.
    var found: [Row] { rows.values.filter { $0.marker != nil || $0.older != nil }.sorted { $0.key < $1.key } }

    /// Takes in a page of the manifests; the versions of a key may be on two.
    mutating func add(_ page: [StoredVersion], of selection: Selection, in layout: BackupLayout) {
        for version in page { add(version) { Self.place(of: $0, in: layout, selection) } }
    }

    /// Lists what else is written once: checkpoints, records of the configuration, accepted losses, allowed deletions,
    /// repairs, statements and the evidence of drills. A list for each, and one more for each further thousand; none where
    /// the store keeps no versions.
    ///
    /// - Parameter hidden: the folders that the store does not show, a fault for each; gains those that it shows no versions
    ///   of.
    mutating func addRecordsBeside(
        in backup: Backup,
        at now: Timestamp,
        else hidden: inout [BackupFault]
    ) async throws {
        let known = Set(hidden.map(\.key))
        let layout = backup.layout
        let prefixes = [
            layout.checkpointsPrefix, layout.configurationsPrefix, layout.lossesPrefix, layout.deletionsPrefix,
            layout.repairsPrefix, layout.statementsPrefix, layout.drillsPrefix,
        ]
        for prefix in prefixes where !known.contains(prefix) {
            do {
                try await backup.store.forEachVersion(under: prefix) { version in add(version) { _ in Place() } }
            } catch let failure as RemoteFailure where failure.isOfOnePlace {
                hidden.append(.unseen(failure, of: Place(), at: prefix))
            }
        }
        rows = rows.filter { key, row in !row.isHidden || !Self.mayHaveExpired(key, in: layout, at: now) }
    }

    /// Whether a lifecycle rule may have put a marker over an object. An allowance that is hidden allows nothing any more.
    private static func mayHaveExpired(_ key: ObjectKey, in layout: BackupLayout, at now: Timestamp) -> Bool {
        if let cutoff = layout.cutoff(ofCheckpointAt: key) {
            return now.seconds - cutoff.seconds > CheckpointCensus.life
        }
        return layout.time(ofAllowanceAt: key).map { now.seconds - $0.seconds > lifeOfAllowance } ?? false
    }

    /// Twice the window of the guard against mass deletion, in seconds.
    private static let lifeOfAllowance: Int64 = 14 * 86_400

    /// - Parameter place: what the record of a key is of; nil if that is not to be judged.
    private mutating func add(_ version: StoredVersion, _ place: (ObjectKey) -> Place?) {
        let key = version.object.key
        // One version under a key, as nearly every record has, is not kept.
        guard rows[key] != nil || !version.isNewest || version.isDeleteMarker, let place = place(key) else { return }
        var row = rows[key] ?? Row(key: key, place: place)
        if version.isDeleteMarker {
            row.marker = row.marker ?? version.versionID ?? "null"
            if version.isNewest { row.isHidden = true }
        } else if !version.isNewest {
            row.older = version.versionID ?? "null"
        }
        rows[key] = row
    }

    /// What the record under a key is of; nil if that is not selected, or if the key is not a
    /// record's.
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
}

extension ReplacedRecords.Row {
    /// What is wrong; nothing where a record is written over and no longer counts.
    ///
    /// - Parameter isRetired: whether a repair has retired the bytes that are there now.
    func fault(isRetired: Bool) -> BackupFault? {
        if marker == nil, isRetired { return nil }
        if isHidden {
            return BackupFault(
                .hiddenRecord,
                of: place,
                at: key,
                versionID: marker,
                "the record was deleted: a delete marker hides it, which this program never creates. Its bytes are still "
                    + "there. Find out who deleted it, then remove the marker: aws s3api delete-object with --bucket, this key "
                    + "as --key, and --version-id \(marker ?? "null")"
            )
        }
        return BackupFault(
            .rewrittenRecord,
            of: place,
            at: key,
            versionID: older,
            "the record was written over, which this program never does: what it says now may be forged. "
                + "Compare it with the older bytes\(older.map { ", S3 version \($0)" } ?? ""); if those are right, delete the "
                + "newer version, which brings them back"
        )
    }
}
