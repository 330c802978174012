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

    func failed(_ failure: RemoteFailure, _ version: VersionCoordinates) -> CopyOutcome {
        .failed(CopyFailures(failures: [ItemFailure(failure, version: version)], publishedTime: nil))
    }

    // MARK: One pass over the bytes

    /// What one pass stored of a version.
    struct StoredRevision {
        let revision: String?
        var assets: [Manifest.StoredAsset] = []
        var documents = SourceDocuments()
        var copied = 0
        var adopted = 0
        var adoptedByETag = 0
        var bytes: Int64 = 0
        /// Files that an earlier record names with other bytes.
        var mutations: [Mutation] = []
        var mutationEnding = Mutation.Ending.kept

        func committed(by manifest: Manifest) -> CopyOutcome {
            .committed(
                CopySummary(
                    manifest: manifest,
                    copied: copied,
                    adopted: adopted,
                    bytes: bytes,
                    mutations: mutations,
                    mutationEnding: mutationEnding,
                    warnings: documents.warnings + documents.notes,
                    adoptedByETag: adoptedByETag
                )
            )
        }
    }

    enum Pass {
        case ended(CopyOutcome)
        /// The version has changed since its assets were listed; with those assets if all of them are stored.
        case overtaken(by: ListedVersion, StoredRevision?)
    }

    /// Lists the version's assets, stores them side by side, and commits the version if it is still the same then.
    ///
    /// It is described as soon as the last byte is read, beside the last answers of the store.
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
        let mutations = earlier.map { Mutation.all(in: listing.assets, since: $0.manifest) } ?? []
        guard mutations.isEmpty || options.onMutation == .accept else {
            return .ended(refused(mutations, of: version))
        }
        let read = PartsRead(count: listing.assets.count + 1)
        let known = try await round.contents()
        async let documents = readDocuments(of: version, since: earlier?.manifest, noting: read)
        async let description = describe(version, after: read, in: round)
        var (stored, failures) = try await storeAssets(of: listing, in: version, known: known, round, noting: read)
        guard failures.isEmpty else {
            read.giveUp()
            let now = try? await describe(version, unless: await description, isLastIn: read)
            return ended(by: failures, of: listing.revision, listed, now: now, isMutated: !mutations.isEmpty)
        }
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

    /// How a pass ended in which assets failed: overtaken if the version is another one now, unless a failure ends the run.
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

    /// How storing one asset ended.
    private enum AssetOutcome: Sendable {
        case stored(AssetCopier.Stored)
        /// It may be left out of the record, and its bytes were not to be had.
        case leftOut
        case failed(ItemFailure)

        var isMoved: Bool {
            if case .stored(let stored) = self { stored.moved } else { false }
        }

        var endsRun: Bool {
            if case .failed(let failure) = self { failure.endsRun } else { false }
        }
    }

    /// Stores the assets of a listing side by side; those that fail are left out and named, in the listing's order.
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
        // Each asset has a place while its bytes move; `RetryPolicy` gives it back while it waits before another attempt.
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
            if stored.moved { round.wrote(key, of: version, over: known[key]) }
            // An adopted asset moved no bytes, so its end was not noted yet.
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
