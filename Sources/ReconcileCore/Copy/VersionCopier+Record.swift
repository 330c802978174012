/// Reads a version's metadata and records the version.
extension VersionCopier {
    /// The newest valid record of a version that has records, with one list and one read. Nil for any other version,
    /// and if the reader accepts none of its records.
    @inline(never)
    func recorded(_ version: VersionCoordinates, since newestRecord: Timestamp?) async throws -> EarlierRecord? {
        guard newestRecord != nil else { return nil }
        return try await backup.earlierRecord(of: version)
    }

    // MARK: Reading

    /// The source's description of a version, and how far the version had been read when it was requested.
    struct Description: Sendable {
        var found: VersionDescription?
        let moment: PartsRead.Moment?
    }

    /// - Parameter earlier: the newest recorded manifest, if known.
    @inline(never)
    func readDocuments(
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

    /// Describes the version once every part of it has been read; nil if that will never happen. If the version writes
    /// its package's document, also lists the records for that.
    @inline(never)
    func describe(
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

    /// The given description, or a new one if it was made before the last byte was read.
    @inline(never)
    func describe(
        _ version: VersionCoordinates,
        unless earlier: Description?,
        isLastIn read: PartsRead
    ) async throws -> Description {
        if let earlier, let moment = earlier.moment, read.isLast(moment) { return earlier }
        return Description(found: try await assets.source.describe(version), moment: nil)
    }

    // MARK: Commit

    /// A manifest as it was stored.
    struct StoredManifest: Sendable {
        let manifest: Manifest
        /// Its bytes, without a seal; nil if another writer's equal record counts.
        var size: Int?
    }

    /// Records a version all of whose files are stored. If a document of the source was withheld that may say more of it, it
    /// is recorded as incomplete, so that it drifts, and counts as failed; once is enough for one state.
    @inline(never)
    func record(
        _ stored: StoredRevision,
        of version: VersionCoordinates,
        as description: VersionDescription,
        after earlier: EarlierRecord?,
        _ newestRecord: Timestamp?,
        in round: PackageRound
    ) async throws -> CopyOutcome {
        let withheld = stored.documents.withheld.map { failure in
            let end = ". The version's files are recorded; each run asks again, and fails until it is given"
            return ItemFailure(failure.saying(failure.message + end), version: version)
        }
        if let withheld, let manifest = earlier?.manifest, manifest.revision == Manifest.incompleteRevision,
            manifest.assets == stored.assets, manifest.status == description.status,
            manifest.documents == stored.documents.recorded
        {
            let published = description.properties.publishedTime
            return .failed(CopyFailures(failures: [withheld], publishedTime: published))
        }
        // Another writer's may have come since the records were listed.
        let newest = [newestRecord, earlier?.manifest.recordedAt].compactMap(\.self).max()
        let manifest = Manifest(
            coordinates: version,
            revision: withheld == nil ? description.revision : Manifest.incompleteRevision,
            status: description.status,
            properties: description.properties,
            recordedAt: backup.clock.recordTime(after: newest),
            recordedBy: recorder,
            assets: stored.assets,
            documents: stored.documents.recorded,
            previous: earlier.name
        )
        let committed = try await commit(manifest, in: round)
        if let withheld { round.lose(withheld) }
        return .committed(stored.summary(of: committed))
    }

    /// Writes the documents that depend on a manifest, then the manifest itself.
    ///
    /// - Returns: the stored manifest, which has a later time if another object occupies its key, or if the documents took
    ///   more than ten minutes.
    @inline(never)
    @discardableResult
    func commit(_ manifest: Manifest, in round: PackageRound) async throws -> StoredManifest {
        let bytes = try readableBytes(of: manifest)
        var stored = StoredManifest(manifest: manifest)
        try await publisher.committing(manifest) { stored = try await publishAndStore(manifest, bytes, in: round) }
        return stored
    }

    /// The bytes of a manifest that the reader accepts.
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
        -> StoredManifest
    {
        let version = manifest.coordinates
        let publishes = round.arrive(with: manifest)
        if version.isSnapshot { try await round.otherThanSnapshotsEnded() }
        try await publisher.publishSnapshot(adding: manifest)
        guard publishes else { return try await write(manifest, bytes, in: round) }
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
        let stored = try await write(manifest, bytes, in: round)
        // Another writer may have published and committed meanwhile. A plan's store doesn't list what the round has
        // committed.
        let committed = try await listRecords(of: version.package, for: round).adding
        let listed = isAlone ? try await readBack(round, of: stored.manifest, with: written) : nil
        try await publisher.settle(version.package, adding: committed, after: written, listedAs: listed)
        try await read
        try await recordIncomplete(of: round)
        return stored
    }

    @inline(never)
    private func write(_ manifest: Manifest, _ bytes: [UInt8], in round: PackageRound) async throws -> StoredManifest {
        let stored = try await create(manifest, bytes)
        round.commit(stored.manifest)
        // Another writer may have published and committed meanwhile.
        try await publisher.settleSnapshot(of: manifest.coordinates, adding: stored.manifest)
        return stored
    }

    private func create(_ manifest: Manifest, _ bytes: [UInt8]) async throws -> StoredManifest {
        try await backup.store.createRecord(at: backup.clock.storingTime(of: manifest.recordedAt)) { time in
            var (manifest, bytes) = (manifest, bytes)
            if time != manifest.recordedAt {
                manifest.recordedAt = time
                bytes = try readableBytes(of: manifest)
            }
            let key = backup.layout.key(of: manifest.record)
            // If another writer stored an equal record in the same second, that one counts.
            let reader = backup.reader
            var size: Int? = bytes.count
            let isStored = try await backup.store.create(bytes, at: key) { others in
                size = nil
                return manifest.isSaid(by: others, read: reader)
            }
            return (key, isStored ? StoredManifest(manifest: manifest, size: size) : nil)
        }
    }

    /// The package's records for its document. The first call lists them, with one request per thousand.
    func listRecords(
        of package: PackageCoordinates,
        for round: PackageRound
    ) async throws -> (listed: [ManifestRecord], adding: [Manifest]) {
        try await round.records(at: backup.clock.now()) { try await publisher.newestRecords(of: package) }
    }
}

extension ListedVersion {
    /// The source's current row of this version. A version that has disappeared keeps its earlier origin.
    func seen(as description: VersionDescription?) -> ListedVersion {
        description == nil ? deleted : ListedVersion(version, described: description)
    }
}
