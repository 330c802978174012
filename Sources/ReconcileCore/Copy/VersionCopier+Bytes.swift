/// Versions whose bytes can be read: one pass over them.
extension VersionCopier {
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
        return .ended(try await commit(stored, of: version, as: description, after: earlier, newestRecord, in: round))
    }

    /// Commits a version all of which is stored.
    @inline(never)
    private func commit(
        _ stored: StoredRevision,
        of version: VersionCoordinates,
        as description: VersionDescription,
        after earlier: EarlierRecord?,
        _ newestRecord: Timestamp?,
        in round: PackageRound
    ) async throws -> CopyOutcome {
        // Another writer's may have come since the records were listed.
        let newest = [newestRecord, earlier?.manifest.recordedAt].compactMap(\.self).max()
        let manifest = Manifest(
            coordinates: version,
            revision: description.revision,
            status: description.status,
            properties: description.properties,
            recordedAt: backup.clock.recordTime(after: newest),
            recordedBy: recorder,
            assets: stored.assets,
            documents: stored.documents.recorded,
            previous: earlier.name
        )
        return stored.committed(by: try await commit(manifest, in: round))
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

    // MARK: Files that are recorded with other bytes

    /// What was recorded last of a version that is known: one list and one read; nil for any other, and where no record
    /// passes the reader.
    @inline(never)
    private func recorded(_ version: VersionCoordinates, since newestRecord: Timestamp?) async throws -> EarlierRecord?
    {
        guard newestRecord != nil else { return nil }
        return try await backup.earlierRecord(of: version)
    }

    /// The end of a version whose bytes have changed, where that is not accepted.
    private func refused(_ mutations: [Mutation], of version: VersionCoordinates) -> CopyOutcome {
        let message =
            Mutation.words(mutations)
            + ". Nothing was copied or recorded. If the change is right, run once with --on-mutation accept"
        let failure = RemoteFailure(.conflict, operation: .copy, target: "\(version)", message: message)
        return .failed(
            CopyFailures(failures: [ItemFailure(failure, version: version)], publishedTime: nil, isMutated: true)
        )
    }

    /// What becomes of the earlier bytes of mutated files, by where the new ones are.
    private func ending(_ mutations: [Mutation], storedAs assets: [Manifest.StoredAsset]) -> Mutation.Ending {
        guard backup.store.keepsWrites else { return .planned(keepsBoth: self.assets.keepsVersions == true) }
        let names = Set(mutations.map { ExactText($0.asset) })
        let hasVersions = assets.allSatisfy { $0.versionID != nil || !names.contains(ExactText($0.asset.name)) }
        return hasVersions ? .kept : .replaced
    }

    // MARK: Reading

    /// What the source said of a version, after everything that had been read of it until then.
    private struct Description: Sendable {
        var found: VersionDescription?
        let moment: PartsRead.Moment?
    }

    /// - Parameter earlier: what was recorded last, if that is known.
    @inline(never)
    private func readDocuments(
        of version: VersionCoordinates,
        since earlier: Manifest?,
        noting read: PartsRead
    ) async throws -> SourceDocuments {
        var documents = try await assets.source.documents(of: version)
        read.noteLast()
        guard documents.lacksSome else { return documents }
        var earlier = earlier
        if earlier == nil { earlier = try await backup.catalog.newestManifest(of: version, adding: nil) }
        documents.recorded = documents.recorded.completed(by: earlier?.documents)
        return documents
    }

    /// Describes the version once every part of it is read; nil if that will not be. If it is the version that writes its
    /// package's document, lists the records for it meanwhile.
    @inline(never)
    private func describe(
        _ version: VersionCoordinates,
        after read: PartsRead,
        in round: PackageRound
    ) async throws -> Description? {
        guard let moment = try await read.all() else { return nil }
        guard round.read(version) else {
            return Description(found: try await assets.source.describe(version), moment: moment)
        }
        async let found = assets.source.describe(version)
        _ = try await listRecords(of: version.package, for: round)
        return Description(found: try await found, moment: moment)
    }

    /// The description given, or another one if it was not made after the last byte was read.
    @inline(never)
    private func describe(
        _ version: VersionCoordinates,
        unless earlier: Description?,
        isLastIn read: PartsRead
    ) async throws -> Description {
        if let earlier, let moment = earlier.moment, read.isLast(moment) { return earlier }
        return Description(found: try await assets.source.describe(version), moment: nil)
    }

    // MARK: Storing

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

extension ListedVersion {
    /// What the source shows of this version now. One that is gone keeps its earlier origin.
    fileprivate func seen(as description: VersionDescription?) -> ListedVersion {
        description == nil ? deleted : ListedVersion(version, described: description)
    }
}
