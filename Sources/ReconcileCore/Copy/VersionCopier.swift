/// Backs up one version: an event calls `copy` once, a run once per drifted version.
///
/// Assets are written first, the manifest last. A version that changes, is deleted or is withdrawn meanwhile is
/// recorded in its new state. Repeated or concurrent calls are harmless: objects with the right bytes are adopted, and
/// equal manifests are equal objects.
///
/// A run works on hundreds of versions at once, and the frame of an async function contains everything inlined into it
/// for as long as it runs. So functions for single steps are marked `@inline(never)`.
package struct VersionCopier: Sendable {
    /// Options besides assets and manifest.
    package struct Options: Hashable, Sendable {
        /// Whether to write a `.sha1` file next to each stored or adopted asset.
        package var writesSidecars = false
        /// What to do if a recorded file has different bytes at the source.
        package var onMutation = Mutation.Policy.accept
        /// What proves that an existing object has the right bytes.
        package var adoption = AssetCopier.Adoption.sha256

        package init() {}
    }

    let backup: Backup
    let assets: AssetCopier
    let places: TransferPlaces
    let recorder: Manifest.Recorder
    let options: Options
    /// Whether an operator has accepted the loss of a key's content.
    let acceptsLoss: LossQuestion
    /// Writes the documents that depend on commits.
    let publisher: MetadataPublisher

    /// Asked about a file that the store has lost, before its version is recorded as if the file existed.
    package typealias LossQuestion = @Sendable (_ file: ObjectKey) async throws -> Bool

    /// - Parameters:
    ///   - places: the places for assets in motion.
    ///   - keepsVersions: the store's answer; nil to ask only if it matters, which it doesn't for a new version.
    ///   - plugins: the groups that have Maven plugins; nil if unknown.
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

    /// Copies whatever a version lacks and commits its current state.
    ///
    /// - Parameters:
    ///   - listed: the state that the source shows.
    ///   - newestRecord: the time of the version's newest manifest; the new one gets a later time, even if another
    ///     writer's clock was ahead.
    ///   - round: the versions of its package that are copied together. One of them regenerates the package's
    ///     maven-metadata.xml right before the last commit. If a run is killed in between, the next one finds that
    ///     version missing and repeats the work.
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

    func failed(_ failure: RemoteFailure, _ version: VersionCoordinates) -> CopyOutcome {
        .failed(CopyFailures(failures: [ItemFailure(failure, version: version)], publishedTime: nil))
    }

    // MARK: A single pass over the bytes

    /// What a pass has stored for a version.
    struct StoredRevision {
        let revision: String?
        var assets: [Manifest.StoredAsset] = []
        var documents = SourceDocuments()
        var copied = 0
        var adopted = 0
        var adoptedByETag = 0
        var bytes: Int64 = 0
        /// Files for which an earlier record names different bytes.
        var mutations: [Mutation] = []
        var mutationEnding = Mutation.Ending.kept

        func summary(of stored: StoredManifest) -> CopySummary {
            CopySummary(
                manifest: stored.manifest,
                recordSize: stored.size,
                copied: copied,
                adopted: adopted,
                bytes: bytes,
                mutations: mutations,
                mutationEnding: mutationEnding,
                warnings: documents.warnings + documents.notes,
                adoptedByETag: adoptedByETag
            )
        }
    }

    enum Pass {
        case ended(CopyOutcome)
        /// The version has changed since its assets were listed; includes those assets if all of them are stored.
        case overtaken(by: ListedVersion, StoredRevision?)
    }

    /// Lists the version's assets, stores them concurrently, and commits the version if it hasn't changed meanwhile.
    ///
    /// The version is described as soon as the last byte has been read, while the store's last answers are pending.
    func copyBytes(
        of version: VersionCoordinates,
        listed: ListedVersion,
        newestRecord: Timestamp?,
        in round: PackageRound
    ) async throws -> Pass {
        async let recorded = recorded(version, since: newestRecord)
        async let certified: Void? = backup.signer?.begin()
        let listing: (assets: [Asset], revision: String?)
        do {
            guard let complete = try await assets.listAssets(of: version) else {
                return .overtaken(by: listed, nil)
            }
            listing = complete
        } catch let failure as RemoteFailure where failure.kind == .absent {
            let now = listed.seen(as: try await assets.source.describe(version))
            guard now.status.isDownloadable, now.revision == listed.revision else { return .overtaken(by: now, nil) }
            throw failure
        }
        _ = try await certified
        guard !listing.assets.isEmpty else { return .ended(.empty) }
        let earlier = try await recorded
        let mutations = try await mutations(in: listing.assets, of: version, since: earlier)
        guard mutations.isEmpty || options.onMutation == .accept else {
            return .ended(refused(mutations, of: version))
        }
        let claims = !version.isSnapshot && listing.assets.contains { MavenMetadata.isDocumentFile($0.name) }
        if claims { try await publisher.claimDirectory(of: version) }
        defer { if claims { publisher.releaseDirectory(of: version) } }
        let read = PartsRead(count: listing.assets.count + 1)
        let known = try await round.contents()
        async let documents = readDocuments(of: version, since: earlier?.manifest, noting: read)
        async let description = describe(version, after: read, in: round)
        var (stored, failures) = try await storeAssets(of: listing, in: version, known: known, round, noting: read)
        guard failures.isEmpty else {
            read.giveUp()
            let now = try? await describe(version, unless: await description, isLastIn: read)
            let advised = advising(failures, ofFilesIn: earlier?.manifest, without: mutations)
            return ended(by: advised, of: listing.revision, listed, now: now, isMutated: !mutations.isEmpty)
        }
        if claims { try await publisher.takeOverChecksumFiles(of: version, listing.assets) }
        stored.mutations = mutations
        stored.mutationEnding = ending(mutations, storedAs: stored.assets)
        stored.documents = try await documents
        let found = try await describe(version, unless: await description, isLastIn: read).found
        guard let description = found, description.revision == listing.revision else {
            return .overtaken(by: listed.seen(as: found), stored)
        }
        if description.status == .unfinished {
            return .ended(.skipped("the version became unfinished while it was copied"))
        }
        return .ended(try await record(stored, of: version, as: description, after: earlier, newestRecord, in: round))
    }

    /// The result of a pass with failed assets: overtaken if the version has changed, unless a failure ends the run.
    private func ended(
        by failures: [ItemFailure],
        of revision: String?,
        _ listed: ListedVersion,
        now: Description?,
        isMutated: Bool
    ) -> Pass {
        if let now, !failures.contains(where: \.endsRun) {
            let seen = listed.seen(as: now.found)
            if seen.revision != revision || !seen.status.isDownloadable { return .overtaken(by: seen, nil) }
        }
        return .ended(
            .failed(
                CopyFailures(
                    failures: failures,
                    publishedTime: now?.found?.properties.publishedTime,
                    isMutated: isMutated
                )
            )
        )
    }

    /// The result of storing one asset.
    private enum AssetOutcome: Sendable {
        case stored(AssetCopier.Stored)
        /// It may be left out of the record, and its bytes could not be read.
        case leftOut
        case failed(ItemFailure)

        var isMoved: Bool {
            if case .stored(let stored) = self { stored.moved } else { false }
        }

        var endsRun: Bool {
            if case .failed(let failure) = self { failure.endsRun } else { false }
        }
    }

    /// Stores the assets of a listing concurrently; returns the failed ones separately, in the listing's order.
    @inline(never)
    private func storeAssets(
        of listing: (assets: [Asset], revision: String?),
        in version: VersionCoordinates,
        known: [ObjectKey: StoredObject],
        _ round: PackageRound,
        noting read: PartsRead
    ) async throws -> (StoredRevision, [ItemFailure]) {
        let sidecars = options.writesSidecars ? AssetSidecars(store: backup.store, assets: listing.assets) : nil
        let parts = Array(listing.assets.enumerated())
        // Each asset has a place while its bytes move; `RetryPolicy` gives the place up while it waits for another
        // attempt.
        let outcomes = try await places.forEach(
            parts,
            bytes: { $0.element.size },
            moved: { $0.isMoved },
            endingWith: { $0.endsRun }
        ) { part, asset in
            try await store(asset, of: version, known: known, round, sidecars) { read.note($0, of: part) }
        }
        var stored = StoredRevision(revision: listing.revision)
        var failures: [ItemFailure] = []
        for case let outcome? in outcomes {
            switch outcome {
            case .failed(let failure): failures.append(failure)
            case .leftOut: continue
            case .stored(let asset):
                stored.assets.append(asset.place)
                if asset.moved {
                    stored.copied += 1
                    stored.bytes = stored.bytes.adding(saturating: asset.place.asset.size)
                } else {
                    stored.adopted += 1
                }
                if asset.isByETag { stored.adoptedByETag += 1 }
            }
        }
        return (stored, failures)
    }

    @inline(never)
    private func store(
        _ asset: Asset,
        of version: VersionCoordinates,
        known: [ObjectKey: StoredObject],
        _ round: PackageRound,
        _ sidecars: AssetSidecars?,
        note: @escaping @Sendable (NotedBody.Moment) -> Void
    ) async throws -> AssetOutcome {
        do {
            let stored = try await assets.store(asset, of: version, known: known, note: note)
            let key = stored.place.key
            if stored.moved {
                // If the bytes before had the same MD5, the ETag is the same, and can't show that they were overwritten.
                let earlier = known[key].flatMap { $0.etag == asset.checksums.md5 ? nil : $0 }
                round.wrote(key, of: version, size: asset.size, over: earlier)
            }
            // An adopted asset moved no bytes, so its end has not been noted.
            note(.ends)
            if let sidecar = try await sidecars?.write(for: asset, at: key, known: known) {
                round.wrote(sidecar, of: version, over: known[sidecar])
            }
            return .stored(stored)
        } catch let failure as RemoteFailure {
            guard AssetCopier.mayBeLeftOut(asset, failure) else {
                return .failed(ItemFailure(failure, version: version, asset: asset.name))
            }
            note(.ends)
            return .leftOut
        }
    }
}
