/// A difference between a record of a version and the preceding one.
package enum VersionChange: Hashable, Sendable {
    /// The version's first record.
    case first(assets: Int, bytes: Int64)
    case status(from: VersionStatus, to: VersionStatus)
    /// It has disappeared from the source.
    case deleted
    /// It exists again after it was recorded as deleted.
    case publishedAgain
    /// A new revision with exactly the same assets: the service's revisions include a version's metadata.
    case revision
    case added(Manifest.StoredAsset)
    case gone(Manifest.StoredAsset)
    case mutated(AssetMutation)
}

/// A record of a version, and what changed with it.
package struct HistoryEntry: Hashable, Sendable {
    package let record: ManifestRecord
    /// Nil if it cannot be read; `failure` says why.
    package let manifest: Manifest?
    package let failure: RemoteFailure?
    /// Compared with the last readable record before it. Empty if two writers recorded the same, and for an unreadable
    /// record, because its key alone proves nothing.
    package let changes: [VersionChange]

    /// The entries of one version.
    ///
    /// - Parameter readings: every record, oldest first, with its manifest or the failure to read it.
    package static func list(_ readings: [(record: ManifestRecord, manifest: Result<Manifest, RemoteFailure>)])
        -> [HistoryEntry]
    {
        var walk = Walk()
        return readings.map { walk.entry($0.record, $0.manifest) }
    }

    private struct Walk {
        var previous: ManifestRecord?
        var known: Manifest?
        var memory = AssetMemory()

        mutating func entry(_ record: ManifestRecord, _ reading: Result<Manifest, RemoteFailure>) -> HistoryEntry {
            switch reading {
            case .failure(let failure):
                return HistoryEntry(record: record, manifest: nil, failure: failure, changes: [])
            case .success(let manifest):
                var changes = statusChanges(to: record)
                defer { previous = record }
                let assets = assetChanges(to: manifest)
                if previous == nil {
                    let bytes = manifest.assets.reduce(Int64(0)) { $0.adding(saturating: $1.asset.size) }
                    changes.insert(.first(assets: manifest.assets.count, bytes: bytes), at: 0)
                } else {
                    changes += assets
                    if assets.isEmpty, let known, known.revision != manifest.revision { changes.append(.revision) }
                }
                known = manifest
                return HistoryEntry(record: record, manifest: manifest, failure: nil, changes: changes)
            }
        }

        func statusChanges(to record: ManifestRecord) -> [VersionChange] {
            guard let previous, previous.status != record.status else { return [] }
            if record.status == .deleted { return [.deleted] }
            let change = VersionChange.status(from: previous.status, to: record.status)
            return previous.status == .deleted ? [.publishedAgain, change] : [change]
        }

        mutating func assetChanges(to manifest: Manifest) -> [VersionChange] {
            let before = Set(known?.assets.map { ExactText($0.asset.name) } ?? [])
            var changes: [VersionChange] = []
            for stored in manifest.assets {
                if let mutation = memory.see(AssetSighting(stored, recordedAt: manifest.recordedAt)) {
                    changes.append(.mutated(mutation))
                } else if !before.contains(ExactText(stored.asset.name)) {
                    changes.append(.added(stored))
                }
            }
            let after = Set(manifest.assets.map { ExactText($0.asset.name) })
            for stored in known?.assets ?? [] where !after.contains(ExactText(stored.asset.name)) {
                changes.append(.gone(stored))
            }
            return changes
        }
    }
}
