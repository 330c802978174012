/// Protects one version: `copy` is what an event calls once and a run for each drift.
///
/// Assets first, manifest last. A version that changes, is deleted or is withdrawn meanwhile is recorded as it is then.
/// Calling it twice, or in two places at once, is harmless: objects with the right bytes are adopted, and equal
/// manifests are equal objects.
///
/// A run has hundreds of versions in work, and the frame of an asynchronous function holds all that is inlined into it for
/// as long as it runs: what is only a part of a version's course is kept out of line.
package struct VersionCopier: Sendable {
    /// What is wanted beside assets and manifest.
    package struct Options: Hashable, Sendable {
        /// Whether each asset that is stored or adopted gets its `.sha1` file beside it.
        package var writesSidecars = false
        /// What becomes of a version of which a recorded file has other bytes at the source.
        package var onMutation = Mutation.Policy.accept
        /// What proves that an object that is there already has the right bytes.
        package var adoption = AssetCopier.Adoption.sha256

        package init() {}
    }

    let backup: Backup
    let assets: AssetCopier
    let places: TransferPlaces
    let recorder: Manifest.Recorder
    let options: Options
    /// Whether an operator has accepted that what was under a key is lost.
    let acceptsLoss: LossQuestion
    /// Writes the documents that follow from what is committed.
    let publisher: MetadataPublisher

    /// Asked of a file that the store has lost, before the state of its version is recorded as if it were there.
    package typealias LossQuestion = @Sendable (_ file: ObjectKey) async throws -> Bool

    /// - Parameters:
    ///   - places: those of the assets in motion.
    ///   - keepsVersions: the store's answer; nil to ask where it matters, which for a version that is new it does not.
    ///   - plugins: the groups that have Maven plugins; nil if they are not known.
    package init(
        source: any PackageSource,
        backup: Backup,
        places: TransferPlaces,
        recorder: Manifest.Recorder,
        keepsVersions: Bool?,
        options: Options = Options(),
        plugins: PluginGroups? = nil,
        acceptsLoss: @escaping LossQuestion = { _ in false }
    ) {
        self.backup = backup
        self.acceptsLoss = acceptsLoss
        publisher = backup.publisher(plugins: plugins)
        assets = AssetCopier(
            source: source,
            store: backup.store,
            layout: backup.layout,
            keepsVersions: keepsVersions,
            adoption: options.adoption
        )
        self.places = places
        self.recorder = recorder
        self.options = options
    }

    /// Copies what is missing of a version and commits its state as it is now.
    ///
    /// - Parameters:
    ///   - listed: the state that the source shows.
    ///   - newestRecord: when the newest manifest of the version was made; the new one is made later than that, even
    ///     where another writer's clock was ahead.
    ///   - round: the versions of its package that are copied. One of them regenerates the package's
    ///     maven-metadata.xml just before the last commit. Before, so that a run that is killed in between finds that
    ///     version missing and does it again.
    @inline(never)
    package func copy(
        _ version: VersionCoordinates,
        listed: ListedVersion,
        newestRecord: Timestamp?,
        in round: PackageRound
    ) async -> CopyOutcome {
        var outcome = CopyOutcome.interrupted
        do {
            outcome = try await copyWhatIsShown(of: version, listed: listed, newestRecord: newestRecord, in: round)
        } catch {
            if let failure = RemoteFailure.narrowing(error, operation: .copy, target: "\(version)") {
                outcome = failure.isOfSigningLater ? .unrecorded(failure) : failed(failure, version)
            }
        }
        if case .committed(var summary) = outcome {
            summary.lost = round.takeLost()
            outcome = .committed(summary)
        }
        let isCommitted = if case .committed = outcome { true } else { false }
        round.end(version, isCommitted: isCommitted)
        return outcome
    }

    /// Copies the version even if it changes meanwhile: at most two passes over its bytes.
    @inline(never)
    private func copyWhatIsShown(
        of version: VersionCoordinates,
        listed: ListedVersion,
        newestRecord: Timestamp?,
        in round: PackageRound
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
                    in: round
                )
            case .published, .unlisted:
                break
            }
            guard passes < 2 else { return .left }
            passes += 1
            switch try await copyBytes(of: version, listed: shown, newestRecord: newestRecord, in: round) {
            case .ended(let outcome):
                return outcome
            case .overtaken(let now, let complete):
                shown = now
                stored = complete ?? stored
            }
        }
    }

    // MARK: Versions whose bytes cannot be read

    /// Records a status under which no bytes can be had; names the assets that an earlier manifest names.
    ///
    /// - Parameter storedBefore: all assets of the version as it was a moment ago, if this call has stored them; they are
    ///   named instead.
    @inline(never)
    private func recordStatus(
        of version: VersionCoordinates,
        listed: ListedVersion,
        storedBefore: StoredRevision?,
        newestRecord: Timestamp?,
        in round: PackageRound
    ) async throws -> CopyOutcome {
        _ = try await round.contents()
        // Also where no record is known: another writer may have saved the version meanwhile.
        let record = try await backup.catalog.records(of: version).first
        var before: EarlierRecord?
        var earlier: Manifest?
        var uncarried: ItemFailure?
        do {
            if let record { before = try await backup.earlier(record) }
            earlier = before?.manifest
        } catch let failure as RemoteFailure where failure.kind == .untrusted {
            before = try await backup.earlierRecord(of: version)
            // Under trust a record that does not pass counts for nothing: else anybody could hide what a version had.
            if backup.trust != nil { earlier = before?.manifest }
            if earlier == nil { uncarried = Self.uncarried(version, as: listed.status, failure) }
        } catch let failure as RemoteFailure where failure.kind == .absent {
            // Gone since it was listed.
        }
        if storedBefore == nil, let earlier, let key = try await lostFile(of: earlier) {
            return failed(Self.lost(key, as: listed.status), version)
        }
        let newest = [newestRecord, record?.recordedAt].compactMap(\.self).max()
        let manifest = Manifest(
            coordinates: version,
            revision: listed.status == .deleted ? storedBefore?.revision ?? earlier?.revision : listed.revision,
            status: listed.status,
            properties: VersionProperties(origin: listed.origin).completed(by: earlier?.properties),
            recordedAt: backup.clock.recordTime(after: newest),
            recordedBy: recorder,
            assets: storedBefore?.assets ?? earlier?.assets ?? [],
            documents: storedBefore?.documents.recorded ?? earlier?.documents ?? RecordedDocuments(),
            previous: before.name
        )
        let committed = try await commit(manifest, in: round)
        if let storedBefore { return storedBefore.committed(by: committed) }
        return .committed(
            CopySummary(
                manifest: committed,
                copied: 0,
                adopted: committed.assets.count,
                bytes: 0,
                uncarried: uncarried
            )
        )
    }

    /// That a version is recorded without assets, since the record before it cannot be relied on.
    private static func uncarried(
        _ version: VersionCoordinates,
        as status: VersionStatus,
        _ failure: RemoteFailure
    ) -> ItemFailure {
        let message =
            "\(failure.message). The version is recorded as \(status.rawValue) without assets: none can be carried over "
            + "from that record. Run verify"
        return ItemFailure(
            RemoteFailure(.untrusted, operation: .copy, target: failure.target, message: message),
            version: version
        )
    }

    /// That a status is not recorded, since the store has lost a file that can no longer be had.
    private static func lost(_ key: ObjectKey, as status: VersionStatus) -> RemoteFailure {
        let message =
            "the store has lost this file, and the version is \(status.rawValue) now, which is not recorded. Put the file "
            + "back, or accept the loss with verify --accept-loss and this key"
        return RemoteFailure(.absent, operation: .copy, target: key.value, message: message)
    }

    // MARK: Commit

    /// Writes the documents that follow from a manifest, and it.
    ///
    /// - Returns: the manifest as it is stored: of a later second if something else has taken its key.
    @inline(never)
    func commit(_ manifest: Manifest, in round: PackageRound) async throws -> Manifest {
        let bytes = try readableBytes(of: manifest)
        var stored = manifest
        try await publisher.committing(manifest) { stored = try await publishAndStore(manifest, bytes, in: round) }
        return stored
    }

    /// A manifest's bytes, which the reader takes.
    private func readableBytes(of manifest: Manifest) throws -> [UInt8] {
        let bytes = try manifest.canonicalBytes()
        do throws(RecordRefusal) {
            _ = try backup.reader.manifest(bytes, of: manifest.record)
        } catch {
            throw RemoteFailure(
                .invalid,
                operation: .copy,
                target: "\(manifest.coordinates)",
                message: "its manifest would break a rule of the format (\(error)), so it was not stored"
            )
        }
        return bytes
    }

    @inline(never)
    private func publishAndStore(_ manifest: Manifest, _ bytes: [UInt8], in round: PackageRound) async throws
        -> Manifest
    {
        let version = manifest.coordinates
        let publishes = round.arrive(with: manifest)
        if version.isSnapshot { try await round.otherThanSnapshotsEnded() }
        try await publisher.publishSnapshot(adding: manifest)
        guard publishes else { return try await commit(manifest, bytes, in: round) }
        try await round.allArrived()
        let isAlone = round.surroundings != nil
        async let read: Void = isAlone ? () : readBack(round, of: version.package)
        let records = try await listRecords(of: version.package, for: round)
        let written = try await publisher.publish(
            version.package,
            knowing: records.listed,
            adding: records.adding
        )
        try await round.othersEnded()
        let manifest = try await commit(manifest, bytes, in: round)
        // Another writer may have published and committed meanwhile. A plan's store lists none of what the round has
        // committed.
        let committed = try await listRecords(of: version.package, for: round).adding
        let listed = isAlone ? try await readBack(round, of: manifest, with: written) : nil
        try await publisher.settle(version.package, adding: committed, after: written, listedAs: listed)
        try await read
        try await recordIncomplete(of: round)
        return manifest
    }

    @inline(never)
    private func commit(_ manifest: Manifest, _ bytes: [UInt8], in round: PackageRound) async throws -> Manifest {
        let manifest = try await store(manifest, bytes)
        round.commit(manifest)
        // Another writer may have published and committed meanwhile.
        try await publisher.settleSnapshot(of: manifest.coordinates, adding: manifest)
        return manifest
    }

    private func store(_ manifest: Manifest, _ bytes: [UInt8]) async throws -> Manifest {
        try await backup.store.createRecord(at: manifest.recordedAt) { time in
            var (manifest, bytes) = (manifest, bytes)
            if time != manifest.recordedAt {
                manifest.recordedAt = time
                bytes = try readableBytes(of: manifest)
            }
            let key = backup.layout.key(of: manifest.record)
            // If another writer stored an equal record in the same second, that one counts.
            let reader = backup.reader
            let isStored = try await backup.store.create(bytes, at: key) { manifest.isSaid(by: $0, read: reader) }
            return (key, isStored ? manifest : nil)
        }
    }

    /// The package's records for its document: listed by one request for each thousand, the first time only.
    func listRecords(
        of package: PackageCoordinates,
        for round: PackageRound
    ) async throws -> (listed: [ManifestRecord], adding: [Manifest]) {
        try await round.records(at: backup.clock.now()) { try await publisher.newestRecords(of: package) }
    }

    func failed(_ failure: RemoteFailure, _ version: VersionCoordinates) -> CopyOutcome {
        .failed(CopyFailures(failures: [ItemFailure(failure, version: version)], publishedTime: nil))
    }
}
