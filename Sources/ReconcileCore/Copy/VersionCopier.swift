/// Protects one version: the single function that the event path calls once and a run calls for each drift.
///
/// Assets first, manifest last. Calling it twice, or in two places at once, is harmless: objects with the right bytes
/// are adopted, and equal manifests are equal objects.
package struct VersionCopier: Sendable {
    private let backup: Backup
    private let assets: AssetCopier
    private let clock: any RunClock
    private let recorder: Manifest.Recorder
    private let writesSidecars: Bool

    /// - Parameters:
    ///   - keepsVersions: the store's answer; nil to ask where it matters, which for a version that is new it does not.
    ///   - writesSidecars: whether each asset gets its `.sha1` file beside it.
    package init(
        source: any PackageSource,
        backup: Backup,
        clock: any RunClock,
        recorder: Manifest.Recorder,
        keepsVersions: Bool?,
        writesSidecars: Bool = false
    ) {
        self.backup = backup
        assets = AssetCopier(
            source: source,
            store: backup.store,
            layout: backup.layout,
            keepsVersions: keepsVersions
        )
        self.clock = clock
        self.recorder = recorder
        self.writesSidecars = writesSidecars
    }

    /// Copies what is missing of a version and commits its state as it is now.
    ///
    /// - Parameters:
    ///   - listed: the state that the source shows.
    ///   - known: what the store holds under the version's keys, as it listed them.
    ///   - newestRecord: when the newest manifest of the version was made; the new one is made later than that, even
    ///     where another writer's clock was ahead.
    ///   - publishesMetadata: whether the package's maven-metadata.xml is regenerated just before the commit. Before,
    ///     so that a run that is killed in between finds the version missing and does it again.
    package func copy(
        _ version: VersionCoordinates,
        listed: ListedVersion,
        known: [ObjectKey: StoredObject],
        newestRecord: Timestamp?,
        publishesMetadata: Bool
    ) async -> CopyOutcome {
        do {
            switch listed.status {
            case .unfinished:
                return .skipped("the version is unfinished: its bytes cannot be read yet")
            case .archived, .disposed, .deleted:
                return try await recordStatus(
                    of: version,
                    listed: listed,
                    newestRecord: newestRecord,
                    publishesMetadata: publishesMetadata
                )
            case .published, .unlisted:
                break
            }
            for _ in 1...2 {
                let outcome = try await copyBytes(
                    of: version,
                    known: known,
                    newestRecord: newestRecord,
                    publishesMetadata: publishesMetadata
                )
                if let outcome { return outcome }
            }
            return failed(
                RemoteFailure(
                    .changed,
                    operation: .copy,
                    target: "\(version)",
                    message: "the version changed twice while it was copied; the next run takes it up"
                ),
                version
            )
        } catch {
            guard let failure = RemoteFailure.narrowing(error, operation: .copy, target: "\(version)") else {
                return .interrupted
            }
            return failed(failure, version)
        }
    }

    // MARK: Versions whose bytes can be read

    /// One pass; nil when the version changed meanwhile.
    private func copyBytes(
        of version: VersionCoordinates,
        known: [ObjectKey: StoredObject],
        newestRecord: Timestamp?,
        publishesMetadata: Bool
    ) async throws -> CopyOutcome? {
        guard let listing = try await assets.listAssets(of: version) else { return nil }
        let sidecars = writesSidecars ? AssetSidecars(store: backup.store, assets: listing.assets) : nil
        var stored: [Manifest.StoredAsset] = []
        var summary = (copied: 0, adopted: 0, bytes: Int64(0))
        var failures: [ItemFailure] = []
        for asset in listing.assets {
            do {
                let (place, moved) = try await assets.store(asset, of: version, known: known)
                try await sidecars?.write(for: asset, at: place.key, known: known)
                stored.append(place)
                if moved {
                    summary.copied += 1
                    summary.bytes += asset.size
                } else {
                    summary.adopted += 1
                }
            } catch let failure as RemoteFailure {
                if AssetCopier.mayBeLeftOut(asset, failure) { continue }
                failures.append(ItemFailure(failure, version: version, asset: asset.name))
                if failures.last?.endsRun == true { break }
            }
        }
        let source = assets.source
        let description = failures.isEmpty ? try await source.describe(version) : try? await source.describe(version)
        guard failures.isEmpty else {
            return .failed(CopyFailures(failures: failures, publishedTime: description?.publishedTime))
        }
        guard let description, description.revision == listing.revision else { return nil }
        if description.status == .unfinished {
            return .skipped("the version became unfinished while it was copied")
        }
        let manifest = Manifest(
            coordinates: version,
            revision: description.revision,
            status: description.status,
            origin: description.origin,
            publishedTime: description.publishedTime,
            recordedAt: clock.recordTime(after: newestRecord),
            recordedBy: recorder,
            assets: stored
        )
        try await commit(manifest, publishesMetadata)
        return .committed(
            CopySummary(
                manifest: manifest,
                copied: summary.copied,
                adopted: summary.adopted,
                bytes: summary.bytes
            )
        )
    }

    // MARK: Versions whose bytes cannot be read

    /// Records a status under which no bytes can be had; names the assets that an earlier manifest names.
    private func recordStatus(
        of version: VersionCoordinates,
        listed: ListedVersion,
        newestRecord: Timestamp?,
        publishesMetadata: Bool
    ) async throws -> CopyOutcome {
        // Also where no record is known: another writer may have saved the version meanwhile.
        let record = try await records(of: version).first
        var earlier: Manifest?
        var uncarried: ItemFailure?
        do {
            if let record { earlier = try await backup.catalog.manifest(of: record) }
        } catch let failure as RemoteFailure where failure.kind == .untrusted {
            let message =
                "\(failure.message). The version is recorded as \(listed.status.rawValue) without assets: none can be "
                + "carried over from that record. Run verify"
            uncarried = ItemFailure(
                RemoteFailure(.untrusted, operation: .copy, target: failure.target, message: message),
                version: version
            )
        } catch let failure as RemoteFailure where failure.kind == .absent {
            // Gone since it was listed.
        }
        let newest = [newestRecord, record?.recordedAt].compactMap(\.self).max()
        let manifest = Manifest(
            coordinates: version,
            revision: listed.status == .deleted ? earlier?.revision : listed.revision,
            status: listed.status,
            origin: listed.origin == .unknown ? earlier?.origin ?? .unknown : listed.origin,
            publishedTime: earlier?.publishedTime,
            recordedAt: clock.recordTime(after: newest),
            recordedBy: recorder,
            assets: earlier?.assets ?? []
        )
        try await commit(manifest, publishesMetadata)
        return .committed(
            CopySummary(
                manifest: manifest,
                copied: 0,
                adopted: manifest.assets.count,
                bytes: 0,
                uncarried: uncarried
            )
        )
    }

    /// The records of a version that count by their time, the newest first.
    private func records(of version: VersionCoordinates) async throws -> [ManifestRecord] {
        let reader = backup.reader
        var records: [ManifestRecord] = []
        try await backup.store.forEachObject(under: backup.layout.manifestsPrefix(of: version)) { object in
            guard let record = backup.layout.record(at: object.key), reader.isTimely(record.recordedAt) else { return }
            records.append(record)
        }
        return records.sorted { $1.isOlder(than: $0) }
    }

    /// The newest manifest of a version that passes the reader.
    ///
    /// - Parameter committed: one that is stored, and not read where it is the newest.
    private func newestManifest(of version: VersionCoordinates, committed: Manifest) async throws -> Manifest {
        let own = committed.record.fileName
        for record in try await records(of: version) {
            if record.fileName == own || record.isOlder(than: committed.record) { return committed }
            do {
                return try await backup.catalog.manifest(of: record)
            } catch let failure as RemoteFailure where [.untrusted, .absent].contains(failure.kind) {
                continue
            }
        }
        return committed
    }

    // MARK: Commit

    private func commit(_ manifest: Manifest, _ publishesMetadata: Bool) async throws {
        let bytes = try manifest.canonicalBytes()
        do throws(RecordRefusal) {
            _ = try backup.reader.manifest(bytes, of: manifest.record)
        } catch {
            throw RemoteFailure(
                .invalid,
                operation: .copy,
                target: "\(manifest.coordinates)",
                message: "its manifest could not be read back: \(error); nothing is committed"
            )
        }
        let metadata = backup.publisher
        try await metadata.publishSnapshot(manifest)
        if publishesMetadata {
            try await metadata.publish(manifest.coordinates.package, adding: manifest.record)
        }
        // If another writer stored an equal record in the same second, that one counts.
        let key = backup.layout.key(of: manifest.record)
        _ = try await backup.store.write(bytes, to: key, .createOnly)
        // Another writer may have published and committed meanwhile.
        try await metadata.settleSnapshot(manifest.coordinates) {
            try await newestManifest(of: manifest.coordinates, committed: manifest)
        }
        if publishesMetadata {
            try await metadata.settle(manifest.coordinates.package, adding: manifest.record)
        }
    }

    private func failed(_ failure: RemoteFailure, _ version: VersionCoordinates) -> CopyOutcome {
        .failed(CopyFailures(failures: [ItemFailure(failure, version: version)], publishedTime: nil))
    }
}
