/// The drift of one version according to its records and its row at the source, and what must be read to determine the
/// rest.
package struct VersionDrift: Hashable, Sendable {
    /// The version's state at the source.
    package enum AtSource: Hashable, Sendable {
        /// Listed as recorded, recorded as deleted and not listed, or not checked.
        case asRecorded
        /// Listed in a state that differs from the newest record's.
        case listed(ListedVersion)
        /// Recorded as present, but missing.
        case gone(isConfirmed: Bool)
    }

    package let version: VersionCoordinates
    /// Nil if there are no records.
    package let history: VersionHistory?
    package let atSource: AtSource
    /// Changes recorded earlier are not reported; nil to report all. Changes not recorded yet are always reported.
    package let since: Timestamp?

    package init(version: VersionCoordinates, history: VersionHistory?, atSource: AtSource, since: Timestamp?) {
        self.version = version
        self.history = history
        self.atSource = atSource
        self.since = since
    }

    /// This drift, for a version that the source has although its listing lacks it.
    func found(_ description: VersionDescription) -> VersionDrift {
        let row = ListedVersion(version.version, described: description)
        let isRecorded = history?.newest.revision == row.revision && history?.newest.status == row.status
        return VersionDrift(
            version: version,
            history: history,
            atSource: isRecorded ? .asRecorded : .listed(row),
            since: since
        )
    }

    /// This drift, for a version that the source no longer has although it listed it.
    var gone: VersionDrift {
        VersionDrift(version: version, history: history, atSource: .gone(isConfirmed: true), since: since)
    }

    /// This drift without a record that cannot be read.
    func without(_ record: ManifestRecord) -> VersionDrift {
        let history = history?.without(record)
        var atSource = atSource
        // The deletion is recorded after all.
        if case .gone = atSource, history?.newest.status == .deleted { atSource = .asRecorded }
        return VersionDrift(version: version, history: history, atSource: atSource, since: since)
    }

    /// The records that its findings depend on; their keys alone prove nothing.
    var cited: [ManifestRecord] {
        guard let history else { return [] }
        var cited: [ManifestRecord] = []
        if orphaned != nil || unprotected(publishedTime: nil) != nil { cited.append(history.newest) }
        if orphaned?.deletionRecorded != nil {
            cited += [deletion, history.records.last { $0.status != .deleted }].compactMap(\.self)
        }
        for (earlier, later) in recordedChanges { cited += [earlier, later] }
        return cited
    }

    // MARK: From keys and listings

    package var orphaned: OrphanedVersion? {
        guard let history else { return nil }
        if case .gone(let isConfirmed) = atSource {
            return OrphanedVersion(
                version: version,
                lastStatus: history.newest.status,
                lastRecorded: history.newest.recordedAt,
                deletionRecorded: nil,
                isConfirmed: isConfirmed
            )
        }
        guard let deletion, isTold(deletion.recordedAt) else { return nil }
        let last = history.records.last { $0.status != .deleted }
        return OrphanedVersion(
            version: version,
            lastStatus: last?.status,
            lastRecorded: last?.recordedAt,
            deletionRecorded: deletion.recordedAt,
            isConfirmed: true
        )
    }

    /// The record with which the version became an orphan; nil if it isn't one, or if that isn't recorded.
    private var deletion: ManifestRecord? {
        guard case .asRecorded = atSource, let history, history.newest.status == .deleted else { return nil }
        let present = history.records.lastIndex { $0.status != .deleted }
        return history.records[present.map { $0 + 1 } ?? 0]
    }

    package var statusChanges: [StatusChange] {
        guard let history else { return [] }
        var changes = recordedChanges.map { earlier, later in
            StatusChange(version: version, from: earlier.status, to: later.status, recordedAt: later.recordedAt)
        }
        if case .listed(let row) = atSource, row.status != history.newest.status {
            changes.append(
                StatusChange(version: version, from: history.newest.status, to: row.status, recordedAt: nil)
            )
        }
        return changes
    }

    /// Pairs of consecutive records with different statuses.
    private var recordedChanges: [(earlier: ManifestRecord, later: ManifestRecord)] {
        guard let history else { return [] }
        return zip(history.records, history.records.dropFirst()).filter { earlier, later in
            earlier.status != later.status && isTold(later.recordedAt) && later != deletion
        }
    }

    /// Nil if the backup has the bytes of the version's current state, or if they are unavailable.
    package func unprotected(publishedTime: Double?) -> UnprotectedVersion? {
        guard case .listed(let row) = atSource, let state = unprotectedState(row) else { return nil }
        return UnprotectedVersion(
            version: version,
            state: state,
            status: row.status,
            lastRecorded: history?.newest.recordedAt,
            publishedTime: publishedTime
        )
    }

    private func unprotectedState(_ row: ListedVersion) -> UnprotectedVersion.State? {
        if row.status == .unfinished { return nil }
        guard let history, history.newest.status != .deleted else { return .missing }
        guard row.status.isDownloadable else { return nil }
        // A version that was archived before its first record has its revision recorded, but no bytes.
        let isStored =
            row.revision == history.newest.revision && bytesRecords.contains { $0.revision == row.revision }
        return isStored ? nil : .stale
    }

    // MARK: What must be read

    /// Whether to compare the source's assets with the recorded ones.
    package var asksForAssets: Bool {
        guard case .listed(let row) = atSource else { return false }
        return row.status.isDownloadable && !bytesRecords.isEmpty && unprotectedState(row) != nil
    }

    /// The records whose manifests name all bytes that there were, oldest first: one for each consecutive revision,
    /// since a revision identifies one exact set of assets (user guide, Concepts). Empty if they cannot show a
    /// mutation.
    package var readings: [ManifestRecord] {
        var readings: [ManifestRecord] = []
        for record in bytesRecords where record.revision == nil || readings.last?.revision != record.revision {
            readings.append(record)
        }
        if asksForAssets { return readings }
        return readings.dropFirst().contains { isTold($0.recordedAt) } ? readings : []
    }

    /// Records made while the bytes were available; the others repeat what an earlier one names.
    private var bytesRecords: [ManifestRecord] { history?.records.filter(\.status.isDownloadable) ?? [] }

    /// The assets whose bytes differ from earlier ones.
    ///
    /// A maven-metadata.xml is left out, because the service generates documents with that name.
    ///
    /// - Parameters:
    ///   - manifests: the manifests of `readings`, in order.
    ///   - listed: the source's current assets, if `asksForAssets`.
    package func mutated(manifests: [Manifest], listed: [Asset]) -> [MutatedAsset] {
        let recorded = manifests.flatMap { manifest in
            manifest.assets.map { AssetSighting($0, recordedAt: manifest.recordedAt) }
        }
        var memory = AssetMemory()
        var mutated: [MutatedAsset] = []
        for sighting in recorded + listed.map(AssetSighting.init(listed:))
        where sighting.asset.name != MavenMetadata.fileName {
            guard let mutation = memory.see(sighting), sighting.recordedAt.map(isTold) ?? true else { continue }
            mutated.append(MutatedAsset(version: version, mutation: mutation))
        }
        return mutated
    }

    private func isTold(_ time: Timestamp) -> Bool { since.map { time >= $0 } ?? true }
}
