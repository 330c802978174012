/// Protects one version: the single function that the event path calls once and a run calls for each drift.
///
/// Assets first, manifest last. A version that changes, is deleted or is withdrawn meanwhile is recorded as it is then.
/// Calling it twice, or in two places at once, is harmless: objects with the right bytes are adopted, and equal manifests are
/// equal objects.
package struct VersionCopier: Sendable {
    /// What is wanted beside assets and manifest.
    package struct Options: Hashable, Sendable {
        /// Whether each asset that is stored or adopted gets its `.sha1` file beside it.
        package var writesSidecars = false

        package init() {}
    }

    private let backup: Backup
    private let assets: AssetCopier
    private let clock: any RunClock
    private let recorder: Manifest.Recorder
    private let options: Options
    /// Writes the documents that follow from what is committed.
    let publisher: MetadataPublisher

    /// - Parameters:
    ///   - keepsVersions: the store's answer; nil to ask where it matters, which for a version that is new it does not.
    ///   - plugins: the groups that have Maven plugins; nil if they are not known.
    package init(
        source: any PackageSource,
        backup: Backup,
        clock: any RunClock,
        recorder: Manifest.Recorder,
        keepsVersions: Bool?,
        options: Options = Options(),
        plugins: PluginGroups? = nil
    ) {
        self.backup = backup
        publisher = backup.publisher(plugins: plugins)
        assets = AssetCopier(
            source: source,
            store: backup.store,
            layout: backup.layout,
            keepsVersions: keepsVersions
        )
        self.clock = clock
        self.recorder = recorder
        self.options = options
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
            return try await copyWhatIsShown(
                of: version,
                listed: listed,
                known: known,
                newestRecord: newestRecord,
                publishesMetadata: publishesMetadata
            )
        } catch {
            guard let failure = RemoteFailure.narrowing(error, operation: .copy, target: "\(version)") else {
                return .interrupted
            }
            return failed(failure, version)
        }
    }

    /// Copies the version even if it changes meanwhile: at most two passes over its bytes.
    private func copyWhatIsShown(
        of version: VersionCoordinates,
        listed: ListedVersion,
        known: [ObjectKey: StoredObject],
        newestRecord: Timestamp?,
        publishesMetadata: Bool
    ) async throws -> CopyOutcome {
        var shown = listed
        var stored: StoredRevision?
        var passes = 0
        while true {
            switch shown.status {
            case .unfinished:
                return .skipped("the version is unfinished: its bytes cannot be read yet")
            case .archived, .disposed, .deleted:
                return try await recordStatus(
                    of: version,
                    listed: shown,
                    storedBefore: stored,
                    newestRecord: newestRecord,
                    publishesMetadata: publishesMetadata
                )
            case .published, .unlisted:
                break
            }
            guard passes < 2 else {
                return failed(
                    RemoteFailure(
                        .changed,
                        operation: .copy,
                        target: "\(version)",
                        message: "the version changed twice while it was copied; the next run tries again"
                    ),
                    version
                )
            }
            passes += 1
            let pass = try await copyBytes(
                of: version,
                listed: shown,
                known: known,
                newestRecord: newestRecord,
                publishesMetadata: publishesMetadata
            )
            switch pass {
            case .ended(let outcome):
                return outcome
            case .overtaken(let now, let complete):
                shown = now
                stored = complete ?? stored
            }
        }
    }

    // MARK: Versions whose bytes can be read

    /// What one pass stored of a version.
    private struct StoredRevision {
        let revision: String?
        var assets: [Manifest.StoredAsset] = []
        var documents = RecordedDocuments()
        var copied = 0
        var adopted = 0
        var bytes: Int64 = 0

        func committed(by manifest: Manifest) -> CopyOutcome {
            .committed(
                CopySummary(
                    manifest: manifest,
                    copied: copied,
                    adopted: adopted,
                    bytes: bytes,
                    warnings: documents.warnings
                )
            )
        }
    }

    private enum Pass {
        case ended(CopyOutcome)
        /// The version has changed since its assets were listed; with those assets if all of them are stored.
        case overtaken(by: ListedVersion, StoredRevision?)
    }

    private func copyBytes(
        of version: VersionCoordinates,
        listed: ListedVersion,
        known: [ObjectKey: StoredObject],
        newestRecord: Timestamp?,
        publishesMetadata: Bool
    ) async throws -> Pass {
        let source = assets.source
        /// What the source shows now. A version that is gone keeps its earlier origin.
        func shown(_ description: VersionDescription?) -> ListedVersion {
            description == nil ? listed.deleted : ListedVersion(version.version, described: description)
        }
        let listing: (assets: [Asset], revision: String?)
        do {
            guard let complete = try await assets.listAssets(of: version) else {
                return .overtaken(by: listed, nil)
            }
            listing = complete
        } catch let failure as RemoteFailure where failure.kind == .absent {
            let now = shown(try await source.describe(version))
            guard now.status.isDownloadable else { return .overtaken(by: now, nil) }
            throw failure
        }
        var (stored, failures) = try await storeAssets(of: listing, in: version, known: known)
        guard failures.isEmpty else {
            var publishedTime: Double?
            if let description = try? Optional.some(await source.describe(version)) {
                let now = shown(description)
                let isOther = now.revision != listing.revision || !now.status.isDownloadable
                if isOther, failures.last?.endsRun == false { return .overtaken(by: now, nil) }
                publishedTime = description?.publishedTime
            }
            return .ended(.failed(CopyFailures(failures: failures, publishedTime: publishedTime)))
        }
        stored.documents = try await source.recordedDocuments(of: version)
        let described = try await source.describe(version)
        guard let description = described, description.revision == listing.revision else {
            return .overtaken(by: shown(described), stored)
        }
        if description.status == .unfinished {
            return .ended(.skipped("the version became unfinished while it was copied"))
        }
        let manifest = Manifest(
            coordinates: version,
            revision: description.revision,
            status: description.status,
            origin: description.origin,
            publishedTime: description.publishedTime,
            recordedAt: clock.recordTime(after: newestRecord),
            recordedBy: recorder,
            assets: stored.assets
        ).keeping(stored.documents)
        try await commit(manifest, publishesMetadata)
        return .ended(stored.committed(by: manifest))
    }

    /// Stores each asset of a listing; those that fail are left out and named.
    private func storeAssets(
        of listing: (assets: [Asset], revision: String?),
        in version: VersionCoordinates,
        known: [ObjectKey: StoredObject]
    ) async throws -> (StoredRevision, [ItemFailure]) {
        let sidecars = options.writesSidecars ? AssetSidecars(store: backup.store, assets: listing.assets) : nil
        var stored = StoredRevision(revision: listing.revision)
        var failures: [ItemFailure] = []
        for asset in listing.assets {
            do {
                let (place, moved) = try await assets.store(asset, of: version, known: known)
                try await sidecars?.write(for: asset, at: place.key, known: known)
                stored.assets.append(place)
                if moved {
                    stored.copied += 1
                    stored.bytes += asset.size
                } else {
                    stored.adopted += 1
                }
            } catch let failure as RemoteFailure {
                if AssetCopier.mayBeLeftOut(asset, failure) { continue }
                failures.append(ItemFailure(failure, version: version, asset: asset.name))
                if failures.last?.endsRun == true { break }
            }
        }
        return (stored, failures)
    }

    // MARK: Versions whose bytes cannot be read

    /// Records a status under which no bytes can be had; names the assets that an earlier manifest names.
    ///
    /// - Parameter storedBefore: all assets of the version as it was a moment ago, if this call has stored them; they are
    ///   named instead.
    private func recordStatus(
        of version: VersionCoordinates,
        listed: ListedVersion,
        storedBefore: StoredRevision?,
        newestRecord: Timestamp?,
        publishesMetadata: Bool
    ) async throws -> CopyOutcome {
        // Also where no record is known: another writer may have saved the version meanwhile.
        let record = try await backup.catalog.records(of: version).first
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
            revision: listed.status == .deleted ? storedBefore?.revision ?? earlier?.revision : listed.revision,
            status: listed.status,
            origin: listed.origin == .unknown ? earlier?.origin ?? .unknown : listed.origin,
            publishedTime: earlier?.publishedTime,
            recordedAt: clock.recordTime(after: newest),
            recordedBy: recorder,
            assets: storedBefore?.assets ?? earlier?.assets ?? []
        ).keeping(storedBefore?.documents ?? RecordedDocuments(of: earlier))
        try await commit(manifest, publishesMetadata)
        if let storedBefore { return storedBefore.committed(by: manifest) }
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
        try await publisher.committing(manifest, publishes: publishesMetadata) {
            try await commit(bytes, of: manifest, publishesMetadata)
        }
    }

    private func commit(_ bytes: [UInt8], of manifest: Manifest, _ publishesMetadata: Bool) async throws {
        try await publisher.publishSnapshot(adding: manifest)
        if publishesMetadata { try await publisher.publish(manifest.coordinates.package, adding: manifest) }
        // If another writer stored an equal record in the same second, that one counts.
        let reader = backup.reader
        try await backup.store.create(bytes, at: backup.layout.key(of: manifest.record)) {
            manifest.isSaid(by: $0, read: reader)
        }
        // Another writer may have published and committed meanwhile.
        try await publisher.settleSnapshot(of: manifest.coordinates, adding: manifest)
        if publishesMetadata { try await publisher.settle(manifest.coordinates.package, adding: manifest) }
    }

    private func failed(_ failure: RemoteFailure, _ version: VersionCoordinates) -> CopyOutcome {
        .failed(CopyFailures(failures: [ItemFailure(failure, version: version)], publishedTime: nil))
    }
}
