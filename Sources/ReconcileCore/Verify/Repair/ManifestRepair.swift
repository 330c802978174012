/// Replaces records of one package that cannot be read or are another's. None is written over: what a record's key says is
/// recorded once more, as of now, where no later record follows it; then it is put down that the old one no longer counts.
struct ManifestRepair {
    let package: PackageCoordinates
    let copier: VersionCopier
    let retirement: RecordRetirement

    private var backup: Backup { copier.backup }
    private var source: any PackageSource { copier.assets.source }

    /// - Throws: `Unmendable` where nothing proves what the key says, and the record would be lost with it.
    func replace(at key: ObjectKey) async throws {
        if let record = backup.layout.packageRecord(at: key) {
            try await replace(record)
        } else if let record = backup.layout.record(at: key) {
            try await replace(record)
        } else {
            throw Unmendable("its key is not a manifest's")
        }
        try await retirement.retire(key, because: "it was not a record that can be read")
    }

    // MARK: Records of the package itself

    private func replace(_ record: PackageRecord) async throws {
        // The key alone proves nothing: anybody can make one.
        guard try await source.originControls(of: record.package) == record.originControls else {
            throw Unmendable("the domain's origin controls differ from those that its key names")
        }
        let others = try await backup.catalog.history(of: package).own(asOf: nil)
            .filter { $0.fileName != record.fileName && backup.reader.isTimely($0.recordedAt) }
        for other in others where other.recordedAt >= record.recordedAt {
            if other.originControls == record.originControls, try await passes(other) { return }
        }
        let times = others.map(\.recordedAt) + [record.recordedAt].filter(backup.reader.isTimely)
        let time = backup.clock.recordTime(after: times.max())
        _ = try await backup.record(
            record.originControls,
            of: record.package,
            after: try await backup.nameOfEarlierRecord(of: record.package, newest: others.first),
            at: time,
            by: copier.recorder
        )
    }

    private func passes(_ record: PackageRecord) async throws -> Bool {
        do {
            try await backup.catalog.prove(record)
            return true
        } catch let failure as RemoteFailure where [.untrusted, .absent].contains(failure.kind) {
            return false
        }
    }

    // MARK: Records of versions

    private func replace(_ record: ManifestRecord) async throws {
        let version = record.coordinates
        let earlier = try await backup.earlierRecord(of: version)
        let newest = earlier?.manifest
        let isSame = newest.map { ($0.revision, $0.status) == (record.revision, record.status) } ?? false
        if let newest, record.isOlder(than: newest.record) {
            if isSame { return }
            guard try await model(of: record) != nil else {
                throw Unmendable(
                    "a later record follows it, and no valid record names the files that it named; delete the newer S3 "
                        + "version if an earlier one is right, or accept the loss with --accept-loss"
                )
            }
            return
        }
        let last = try await backup.catalog.records(of: version).first?.recordedAt
        if isSame, let newest { return try await commit(newest, naming: earlier.name, after: last) }
        try await requireShown(record)
        guard var manifest = try await model(of: record) else { return try await copy(record, after: last) }
        (manifest.revision, manifest.status) = (record.revision, record.status)
        try await commit(manifest, naming: earlier.name, after: last)
    }

    /// Records a manifest once more, as of now.
    ///
    /// - Parameters:
    ///   - previous: the version's newest record that passes.
    ///   - last: the time of the version's last record that may count.
    func commit(_ manifest: Manifest, naming previous: PreviousRecord, after last: Timestamp?) async throws {
        var manifest = manifest
        manifest.previous = previous
        manifest.recordedAt = backup.clock.recordTime(after: last)
        manifest.recordedBy = copier.recorder
        try await copier.commit(manifest, in: PackageRound(of: [manifest.coordinates], contents: [:]))
    }

    /// A manifest of the same version that says the same of its bytes: a state without bytes carries on what the one
    /// before it says, and a revision means the same assets each time. Nil where there is none.
    private func model(of record: ManifestRecord) async throws -> Manifest? {
        let versions = try await backup.catalog.history(of: package).versions
        guard let history = versions.first(where: { $0.records.contains(record) }) else { return nil }
        let records = history.records.filter { $0 == record || history.counts($0) }
        guard let index = records.firstIndex(of: record) else { return nil }
        if !record.status.isDownloadable {
            guard index > 0 else { return nil }
            guard let earlier = try await backup.catalog.readableManifest(of: records[index - 1]) else {
                throw Unmendable("it was derived from the version's previous manifest, which cannot be read either")
            }
            return earlier
        }
        // One without files was made when this record could not be read, and carries nothing of it on.
        if index + 1 < records.count, !records[index + 1].status.isDownloadable,
            let later = try await backup.catalog.readableManifest(of: records[index + 1]), !later.assets.isEmpty
        {
            return later
        }
        for other in records where other != record && other.status.isDownloadable {
            guard record.revision != nil, other.revision == record.revision else { continue }
            if let same = try await backup.catalog.readableManifest(of: other) { return same }
        }
        return nil
    }

    /// The key alone proves no state.
    private func requireShown(_ record: ManifestRecord) async throws {
        let description = try await source.describe(record.coordinates)
        let isShown =
            record.status == .deleted
            ? description == nil : description?.status == record.status && description?.revision == record.revision
        guard isShown else {
            throw Unmendable(
                "the domain does not show the state that its key names, and the key alone proves nothing; if no record "
                    + "was ever there, delete the object by hand"
            )
        }
    }

    /// Copies a version as the source shows it.
    private func copy(_ record: ManifestRecord, after last: Timestamp?) async throws {
        var known: [ObjectKey: StoredObject] = [:]
        try await backup.store.forEachObject(under: backup.layout.packagePrefix(package)) { known[$0.key] = $0 }
        let version = record.coordinates
        let outcome = await copier.copy(
            version,
            listed: ListedVersion(version.version, described: try await source.describe(version)),
            newestRecord: last,
            in: PackageRound(of: [version], contents: known)
        )
        switch outcome {
        case .committed: return
        case .skipped(let reason): throw Unmendable(reason)
        case .empty: throw Unmendable("the source lists no file of it")
        case .left: throw Unmendable("the version changes at the source; repair again later")
        case .unrecorded: throw Unmendable("its record cannot be signed for the time being; repair again later")
        case .failed(let failed): throw Unmendable(failed.failures[0].message)
        case .interrupted: throw CancellationError()
        }
    }
}
