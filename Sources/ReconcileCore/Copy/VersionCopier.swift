/// Protects one version: the single function that the event path calls once and a run calls for each drift.
///
/// Assets first, manifest last. Calling it twice, or in two places at once, is harmless: objects with the right bytes
/// are adopted, and equal manifests are equal objects.
package struct VersionCopier: Sendable {
    private let source: any PackageSource
    private let store: any ObjectStore
    private let layout: BackupLayout
    private let clock: any RunClock
    private let recorder: Manifest.Recorder
    private let keepsVersions: Bool?
    private let writesSidecars: Bool
    private let metadata: MetadataPublisher

    /// - Parameters:
    ///   - keepsVersions: the store's answer; nil to ask where it matters, which for a version that is new it does not.
    ///   - writesSidecars: whether each asset gets its `.sha1` file beside it.
    package init(
        source: any PackageSource,
        store: any ObjectStore,
        metadata: MetadataPublisher,
        layout: BackupLayout,
        clock: any RunClock,
        recorder: Manifest.Recorder,
        keepsVersions: Bool?,
        writesSidecars: Bool = false
    ) {
        self.source = source
        self.store = store
        self.metadata = metadata
        self.layout = layout
        self.clock = clock
        self.recorder = recorder
        self.keepsVersions = keepsVersions
        self.writesSidecars = writesSidecars
    }

    /// Copies what is missing of a version and commits its state as it is now.
    ///
    /// - Parameters:
    ///   - listed: the state that a listing or an event told of.
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
                return try await recordStatus(version, listed, newestRecord, publishesMetadata)
            case .published, .unlisted:
                break
            }
            for _ in 1...2 {
                if let outcome = try await copyBytes(version, known, newestRecord, publishesMetadata) {
                    return outcome
                }
            }
            return failed(
                RemoteFailure(
                    .changed,
                    operation: "copy",
                    target: "\(version)",
                    message: "the version changed twice while it was copied; the next run takes it up"
                ),
                version
            )
        } catch {
            guard let failure = RemoteFailure.narrowing(error, operation: "copy", target: "\(version)") else {
                return .interrupted
            }
            return failed(failure, version)
        }
    }

    // MARK: Versions whose bytes can be read

    /// One pass; nil when the version changed meanwhile.
    private func copyBytes(
        _ version: VersionCoordinates,
        _ known: [ObjectKey: StoredObject],
        _ newestRecord: Timestamp?,
        _ publishesMetadata: Bool
    ) async throws -> CopyOutcome? {
        guard let listing = try await listAssets(of: version) else { return nil }
        let sidecars = writesSidecars ? AssetSidecars(store: store, assets: listing.assets) : nil
        var stored: [Manifest.StoredAsset] = []
        var summary = (copied: 0, adopted: 0, bytes: Int64(0))
        var failures: [ItemFailure] = []
        for asset in listing.assets {
            do {
                let (place, moved) = try await store(asset, of: version, known: known)
                try await sidecars?.write(for: asset, at: place.key, known: known)
                stored.append(place)
                if moved {
                    summary.copied += 1
                    summary.bytes += asset.size
                } else {
                    summary.adopted += 1
                }
            } catch let failure as RemoteFailure {
                if Self.mayBeLeftOut(asset, failure) { continue }
                failures.append(ItemFailure(failure, version: version, asset: asset.name))
                if failures.last?.endsRun == true { break }
            }
        }
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

    /// Whether a failure concerns what is derived anyway: a listed maven-metadata.xml.
    ///
    /// The Maven endpoint generates documents of that name, so it may hand out none, or another than was published.
    /// That must not keep the version from being protected.
    private static func mayBeLeftOut(_ asset: Asset, _ failure: RemoteFailure) -> Bool {
        asset.name == MavenMetadata.fileName && [.absent, .corrupt].contains(failure.kind)
    }

    /// Every asset of a version with its revision; nil when two pages show two revisions.
    private func listAssets(of version: VersionCoordinates) async throws -> (assets: [Asset], revision: String?)? {
        let operation = "ListPackageVersionAssets"
        var trail = PageTrail(operation: operation, target: "\(version)")
        var page = try await source.assets(of: version, after: nil)
        let revision = page.revision
        var assets = page.assets
        while let token = page.next {
            try trail.follow(token)
            page = try await source.assets(of: version, after: token)
            guard page.revision == revision else { return nil }
            assets += page.assets
        }
        for asset in assets where asset.checksums.sha256 == nil {
            let message = "the source lists no SHA-256 for \(asset.name), so its bytes could not be proved"
            throw RemoteFailure(.malformed, operation: operation, target: "\(version)", message: message)
        }
        return (assets, revision)
    }

    /// Sees to it that an asset's bytes are stored; says where, and whether they were moved for it.
    private func store(
        _ asset: Asset,
        of version: VersionCoordinates,
        known: [ObjectKey: StoredObject]
    ) async throws -> (Manifest.StoredAsset, moved: Bool) {
        let key = layout.key(of: asset.name, in: version)
        func place(_ versionID: String?) -> Manifest.StoredAsset {
            Manifest.StoredAsset(asset: asset, key: key, versionID: versionID)
        }
        if let object = known[key] {
            // Where versions are kept, only a look tells the id of these bytes, and others may follow under the key.
            if object.size == asset.size, object.etag == asset.checksums.md5, object.etag != nil,
                try await !mayFollow()
            {
                return (place(nil), false)
            }
        } else {
            let body = source.body(of: asset, in: version)
            if case .stored(let versionID) = try await store.write(body, of: asset, to: key, .createOnly) {
                return (place(versionID), true)
            }
        }
        // Something is there, listed or not: a second writer's, an earlier run's, or other bytes.
        if let object = try await store.inspect(key) {
            if object.size == asset.size, object.sha256 == asset.checksums.sha256 {
                return (place(object.versionID), false)
            }
            if asset.name != MavenMetadata.fileName, try await !mayFollow() {
                let message =
                    "\(key) already holds other bytes (SHA-256 \(object.sha256), the source lists "
                    + "\(asset.checksums.sha256 ?? "none")) and \(store.location) keeps no versions; "
                    + "they are left as they are. Turn on versioning to keep both"
                throw RemoteFailure(.conflict, operation: "copy", target: "\(version) \(asset.name)", message: message)
            }
        }
        let body = source.body(of: asset, in: version)
        guard case .stored(let versionID) = try await store.write(body, of: asset, to: key, .overwrite) else {
            throw RemoteFailure(
                .conflict,
                operation: "copy",
                target: "\(version) \(asset.name)",
                message: "\(store.location) refused to overwrite \(key)"
            )
        }
        return (place(versionID), true)
    }

    /// Whether other bytes may follow under a key and leave those before them.
    private func mayFollow() async throws -> Bool {
        if let keepsVersions { keepsVersions } else { try await store.keepsVersions() }
    }

    // MARK: Versions whose bytes cannot be read

    /// Records a status under which no bytes can be had; names the assets that an earlier manifest names.
    private func recordStatus(
        _ version: VersionCoordinates,
        _ listed: ListedVersion,
        _ newestRecord: Timestamp?,
        _ publishesMetadata: Bool
    ) async throws -> CopyOutcome {
        // Also where no record is known: another writer may have saved the version meanwhile.
        let earlier = try await newestManifest(of: version)
        let newest = [newestRecord, earlier?.recordedAt].compactMap(\.self).max()
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
        return .committed(CopySummary(manifest: manifest, copied: 0, adopted: manifest.assets.count, bytes: 0))
    }

    /// The newest manifest of a version; nil when there is none.
    ///
    /// - Parameter committed: one that is stored, and not read where it is the newest.
    private func newestManifest(
        of version: VersionCoordinates,
        committed: Manifest? = nil
    ) async throws -> Manifest? {
        var newest = committed.map { layout.key(of: $0.record) }
        try await store.forEachObject(under: layout.manifestsPrefix(of: version)) { object in
            guard layout.record(at: object.key) != nil else { return }
            if newest.map({ $0 < object.key }) ?? true { newest = object.key }
        }
        if let committed, newest == layout.key(of: committed.record) { return committed }
        guard let newest, let bytes = try await store.read(newest, limit: Manifest.maximumBytes) else { return nil }
        do {
            return try Manifest(canonicalBytes: bytes)
        } catch {
            let message = "\(error); the version's earlier state is not carried on. Run verify"
            throw RemoteFailure(.malformed, operation: "copy", target: newest.value, message: message)
        }
    }

    // MARK: Mending

    /// Stores an asset's bytes anew over whatever lies under its key, where the source still lists exactly these.
    ///
    /// - Returns: the store's version id of them, where it keeps versions.
    /// - Throws: `absent` where the source lists no such asset with these bytes.
    package func replace(_ asset: Asset, of version: VersionCoordinates) async throws -> String? {
        let listed = try await listAssets(of: version)?.assets.first {
            ExactText($0.name) == ExactText(asset.name) && $0.size == asset.size
                && $0.checksums.sha256 == asset.checksums.sha256
        }
        guard let listed else { throw gone("\(version) \(asset.name)", "the domain no longer lists these bytes") }
        let body = source.body(of: listed, in: version)
        let outcome = try await store.write(body, of: asset, to: layout.key(of: asset.name, in: version), .overwrite)
        guard case .stored(let versionID) = outcome else { return nil }
        return versionID
    }

    /// Makes a record's manifest again, as it was but for who recorded it, and sees to it that what it names is stored.
    ///
    /// A version's first record may be of a status without bytes: it names no assets.
    ///
    /// - Parameter known: as for `copy`.
    /// - Throws: `absent` where the source shows another state by now.
    package func remake(_ record: ManifestRecord, known: [ObjectKey: StoredObject]) async throws -> Manifest {
        let version = record.coordinates
        func gone() -> RemoteFailure {
            self.gone("\(version)", "the domain no longer shows the state that the manifest records")
        }
        let description = try await source.describe(version)
        guard let description, description.revision == record.revision, description.status == record.status else {
            throw gone()
        }
        var assets: [Asset] = []
        if record.status.isDownloadable {
            guard let listing = try await listAssets(of: version), listing.revision == record.revision else {
                throw gone()
            }
            assets = listing.assets
        }
        var stored: [Manifest.StoredAsset] = []
        for asset in assets {
            do {
                stored.append(try await store(asset, of: version, known: known).0)
            } catch let failure as RemoteFailure where Self.mayBeLeftOut(asset, failure) {
                continue
            }
        }
        return Manifest(
            coordinates: version,
            revision: record.revision,
            status: record.status,
            origin: description.origin,
            publishedTime: record.status.isDownloadable ? description.publishedTime : nil,
            recordedAt: record.recordedAt,
            recordedBy: recorder,
            assets: stored
        )
    }

    private func gone(_ target: String, _ message: String) -> RemoteFailure {
        RemoteFailure(.absent, operation: "mend", target: target, message: message)
    }

    // MARK: Commit

    private func commit(_ manifest: Manifest, _ publishesMetadata: Bool) async throws {
        try await metadata.publishSnapshot(manifest)
        if publishesMetadata {
            try await metadata.publish(manifest.coordinates.package, adding: manifest.record)
        }
        // Met by an equal record of another writer in the same second: that one counts.
        _ = try await store.write(manifest.canonicalBytes(), to: layout.key(of: manifest.record), .createOnly)
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
