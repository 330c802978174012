/// Records versions whose bytes cannot be read.
extension VersionCopier {
    /// Records a status in which the bytes cannot be downloaded, with the assets of an earlier manifest as far as the
    /// version still has them.
    ///
    /// - Parameter storedBefore: all assets of the version as it was a moment ago, if this call has stored them; they
    ///   are recorded instead.
    @inline(never)
    func recordStatus(
        of version: VersionCoordinates,
        listed: ListedVersion,
        storedBefore: StoredRevision?,
        newestRecord: Timestamp?,
        in round: PackageRound
    ) async throws -> CopyOutcome {
        _ = try await round.contents()
        let before = try await preceding(version)
        let earlier = before.carried
        if storedBefore == nil, let earlier, let key = try await lostFile(of: earlier) {
            return failed(Self.lost(key, as: listed.status), version)
        }
        let files: CarriedFiles
        switch try await carriedFiles(to: listed, of: version, from: storedBefore, before) {
        case .ended(let outcome): return outcome
        case .found(let found): files = found
        }
        let properties = files.mutations.isEmpty ? earlier?.properties : nil
        let manifest = Manifest(
            coordinates: version,
            revision: listed.status == .deleted ? storedBefore?.revision ?? earlier?.revision : listed.revision,
            status: listed.status,
            properties: VersionProperties(origin: listed.origin).completed(by: properties),
            recordedAt: backup.clock.recordTime(after: [newestRecord, before.recordedAt].compactMap(\.self).max()),
            recordedBy: recorder,
            assets: files.assets,
            documents: storedBefore?.documents.recorded ?? earlier?.documents ?? RecordedDocuments(),
            previous: before.record.name
        )
        let committed = try await commit(manifest, in: round)
        var summary =
            storedBefore?.summary(of: committed)
            ?? CopySummary(
                manifest: committed.manifest,
                recordSize: committed.size,
                copied: 0,
                adopted: files.assets.count,
                bytes: 0
            )
        summary.uncarried = before.refusal.map { Self.uncarried(version, as: listed.status, $0) } ?? files.missing
        if !files.mutations.isEmpty {
            summary.mutations = files.mutations
            summary.mutationEnding = .unread(listed.status)
        }
        return .committed(summary)
    }

    /// The newest record of a version before a status is recorded.
    private struct Preceding: Sendable {
        /// The one that the next record names.
        var record: EarlierRecord?
        /// The one whose files may be carried over.
        var carried: Manifest?
        /// Why none is, though there is a record.
        var refusal: RemoteFailure?
        /// The time of the newest record, valid or not.
        var recordedAt: Timestamp?
    }

    private func preceding(_ version: VersionCoordinates) async throws -> Preceding {
        // Even if no record is known, another writer may have saved the version meanwhile.
        let records = try await backup.catalog.records(of: version)
        var preceding = Preceding(recordedAt: records.first?.recordedAt)
        do {
            if let record = records.first {
                preceding.record = try await backup.earlier(record)
                preceding.record?.older = records.dropFirst()
            }
            preceding.carried = preceding.record?.manifest
        } catch let failure as RemoteFailure where failure.kind == .untrusted {
            preceding.record = try await backup.earlierRecord(of: version)
            // With a trust file, a rejected record doesn't count at all. Otherwise anyone could hide what a version
            // had.
            if backup.trust != nil { preceding.carried = preceding.record?.manifest }
            if preceding.carried == nil { preceding.refusal = failure }
        } catch let failure as RemoteFailure where failure.kind == .absent {
            // It has disappeared since it was listed.
        }
        return preceding
    }

    // MARK: Files

    /// The files that a record of a status names.
    private struct CarriedFiles: Sendable {
        var assets: [Manifest.StoredAsset]
        /// Files that the version has with other bytes now.
        var mutations: [Mutation] = []
        /// Names the files that nobody has stored.
        var missing: ItemFailure?
    }

    private enum Carrying: Sendable {
        case found(CarriedFiles)
        /// Nothing is recorded.
        case ended(CopyOutcome)
    }

    /// The files to carry over into a record of a version whose bytes cannot be read.
    ///
    /// A revision identifies one set of files. If it differs from the preceding one, the version's files are listed (one
    /// request per page). Only files that are recorded with the listed bytes are carried over, and none if any file has
    /// other bytes. A version that has been disposed of may list no files; then all are carried over.
    @inline(never)
    private func carriedFiles(
        to listed: ListedVersion,
        of version: VersionCoordinates,
        from storedBefore: StoredRevision?,
        _ before: Preceding
    ) async throws -> Carrying {
        let known = storedBefore?.assets ?? before.carried?.assets ?? []
        let revision = if let storedBefore { storedBefore.revision } else { before.carried?.revision }
        guard listed.status != .deleted, storedBefore != nil || before.carried != nil, listed.revision != revision
        else {
            return .found(CarriedFiles(assets: known))
        }
        guard let listing = try await listedFiles(of: version),
            listing.revision == nil || listed.revision == nil || listing.revision == listed.revision
        else { return .ended(.left) }
        guard !listing.assets.isEmpty else {
            return listed.status == .disposed ? .found(CarriedFiles(assets: known)) : .ended(.empty)
        }
        var files = RecordedFiles(known)
        files.add(before.carried?.assets ?? [])
        try await backup.catalog.complete(&files, for: listing.assets, of: version, from: before.record?.older ?? [])
        let mutations = files.mutations(in: listing.assets)
        guard mutations.isEmpty else {
            guard options.onMutation == .accept else { return .ended(refused(mutations, of: version)) }
            return .found(CarriedFiles(assets: [], mutations: mutations))
        }
        let missing = files.missing(of: listing.assets).map(\.name)
        var carried = CarriedFiles(assets: files.held(of: listing.assets))
        if !missing.isEmpty {
            carried.missing = Self.missing(missing, of: listing.assets.count, version, as: listed.status)
        }
        return .found(carried)
    }

    /// As `listAssets`, without a file if the version is not found.
    private func listedFiles(of version: VersionCoordinates) async throws -> (assets: [Asset], revision: String?)? {
        do {
            return try await assets.listAssets(of: version)
        } catch let failure as RemoteFailure where failure.kind == .absent {
            return ([], nil)
        }
    }

    // MARK: Failures

    /// A version is recorded without some of its files, because it was withdrawn before a run saw them.
    private static func missing(
        _ names: [String],
        of count: Int,
        _ version: VersionCoordinates,
        as status: VersionStatus
    ) -> ItemFailure {
        let (was, left) = names.count == 1 ? ("was", "is left") : ("were", "are left")
        let advice =
            status == .archived
            ? ". To protect it, make it Published (UpdatePackageVersionsStatus), run again, then archive it" : ""
        let message =
            "the version has changed since it was last recorded, and is \(status.rawValue) now: \(names.count) of its "
            + "\(Quantity.count(count, "file")) \(was) never stored, \(names.firstFew(3)), "
            + "and \(left) out of its record\(advice)"
        return ItemFailure(
            RemoteFailure(.absent, operation: .copy, target: "\(version)", message: message),
            version: version
        )
    }

    /// A version is recorded without assets, because the preceding record is not reliable.
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

    /// A status is not recorded, because the store has lost a file that can no longer be downloaded.
    private static func lost(_ key: ObjectKey, as status: VersionStatus) -> RemoteFailure {
        let message =
            "the store has lost this file, and the version is \(status.rawValue) now, which is not recorded. Put the file "
            + "back, or accept the loss with verify --accept-loss and this key"
        return RemoteFailure(.absent, operation: .copy, target: key.value, message: message)
    }
}
