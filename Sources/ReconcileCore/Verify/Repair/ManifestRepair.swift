/// Makes the manifests of one package again that cannot be read or are another's.
struct ManifestRepair {
    let package: PackageCoordinates
    let backup: Backup
    let assets: AssetCopier
    let recorder: Manifest.Recorder
    let replacement: RecordReplacement

    /// Writes the manifest that belongs under a key: from a neighbour that says the same of its bytes, else from the
    /// source.
    func remake(at key: ObjectKey) async throws {
        if backup.trust != nil { return try await recordAnew(key) }
        let layout = backup.layout
        if let record = layout.packageRecord(at: key) {
            // The key alone proves nothing: anybody can make one.
            guard try await assets.source.originControls(of: record.package) == record.originControls else {
                throw Unmendable("the domain's origin controls differ from those that its key names")
            }
            let bytes = record.canonicalBytes(recordedBy: recorder)
            try require { reader throws(RecordRefusal) in try reader.prove(bytes, are: record) }
            try await replacement.write(bytes, over: key, because: Self.reason)
            return
        }
        guard let record = layout.record(at: key) else { throw Unmendable("its key is not a manifest's") }
        let manifest: Manifest
        if let model = try await model(of: record) {
            manifest = Manifest(
                coordinates: record.coordinates,
                revision: record.revision,
                status: record.status,
                origin: model.origin,
                publishedTime: model.publishedTime,
                recordedAt: record.recordedAt,
                recordedBy: recorder,
                assets: model.assets,
                snapshot: model.snapshot,
                plugin: model.plugin
            )
        } else {
            manifest = try await fromSource(record)
        }
        let bytes = try manifest.canonicalBytes()
        try require { reader throws(RecordRefusal) in _ = try reader.manifest(bytes, of: record) }
        try await replacement.write(bytes, over: key, because: Self.reason)
    }

    /// Under trust nothing is dated back: a version's state that the domain still shows is recorded as of now. The fault
    /// stays, until it is accepted.
    private func recordAnew(_ key: ObjectKey) async throws {
        let accept = "accept it with --accept-loss, or put the signed object back"
        guard let record = backup.layout.record(at: key) else {
            throw Unmendable("nobody can sign it as of its time; the next run records what differs. Then \(accept)")
        }
        let newest = try await backup.catalog.newestManifest(of: record.coordinates, adding: nil)
        if let newest, (newest.revision, newest.status) == (record.revision, record.status) {
            throw Unmendable("another record that passes says the same; \(accept)")
        }
        try await requireShown(record)
        let time = backup.clock.recordTime(after: newest?.recordedAt)
        let later = ManifestRecord(
            coordinates: record.coordinates,
            recordedAt: time,
            revision: record.revision,
            status: record.status
        )
        var manifest: Manifest
        if record.status.isDownloadable {
            manifest = try await fromSource(later)
        } else {
            guard let newest else { throw Unmendable("no record that passes says what its files are; \(accept)") }
            manifest = newest
            (manifest.recordedAt, manifest.recordedBy, manifest.status) = (time, recorder, record.status)
            manifest.revision = record.revision
        }
        let bytes = try manifest.canonicalBytes()
        try require { reader throws(RecordRefusal) in _ = try reader.manifest(bytes, of: later) }
        try await backup.store.create(bytes, at: backup.layout.key(of: later))
        throw Unmendable("the version is recorded once more, as of \(time.extended); \(accept)")
    }

    private static let reason = "it was not a record that can be read"

    /// What a repair writes passes the reader, or is not written.
    private func require(_ read: (RecordReader) throws(RecordRefusal) -> Void) throws {
        do {
            try read(backup.reader)
        } catch {
            throw Unmendable("the rebuilt manifest would be invalid: \(error)")
        }
    }

    /// A record's manifest; nil where it is gone or is none.
    func readable(_ record: ManifestRecord) async throws -> Manifest? {
        do {
            return try await backup.catalog.manifest(of: record)
        } catch let failure as RemoteFailure where [.untrusted, .absent].contains(failure.kind) {
            return nil
        }
    }

    /// A manifest of the same version that says the same of its bytes: a state without bytes carries on what the one
    /// before it says, and a revision means the same assets each time.
    ///
    /// The key alone proves no state. The last one of a version must be what the domain shows, if it is one without bytes,
    /// and so must any of an object too short for a record.
    private func model(of record: ManifestRecord) async throws -> Manifest? {
        let versions = try await backup.catalog.history(of: package).versions
        guard let history = versions.first(where: { $0.records.contains(record) }) else { return nil }
        let records = history.records.filter { $0 == record || history.counts($0) }
        guard let index = records.firstIndex(of: record) else { return nil }
        if !history.counts(record) || index == records.count - 1 && !record.status.isDownloadable {
            try await requireShown(record)
        }
        if !record.status.isDownloadable, index > 0 {
            guard let earlier = try await readable(records[index - 1]) else {
                throw Unmendable("it was derived from the version's previous manifest, which cannot be read either")
            }
            return earlier
        }
        guard record.status.isDownloadable else { return nil }
        if index + 1 < records.count, !records[index + 1].status.isDownloadable,
            let later = try await readable(records[index + 1])
        {
            return later
        }
        for other in records where other != record && other.status.isDownloadable {
            guard record.revision != nil, other.revision == record.revision else { continue }
            if let same = try await readable(other) { return same }
        }
        return nil
    }

    private func requireShown(_ record: ManifestRecord) async throws {
        let description = try await assets.source.describe(record.coordinates)
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

    /// Makes a record's manifest again, except for its recorder, and stores what it names.
    ///
    /// A version's first record may be of a status without bytes: it names no assets. Throws `absent` where the source
    /// shows another state by now.
    private func fromSource(_ record: ManifestRecord) async throws -> Manifest {
        let version = record.coordinates
        let gone = RemoteFailure(
            .absent,
            operation: .mend,
            target: "\(version)",
            message: "the domain no longer shows the state that the manifest records"
        )
        var known: [ObjectKey: StoredObject] = [:]
        try await backup.store.forEachObject(under: backup.layout.packagePrefix(package)) { known[$0.key] = $0 }
        let description = try await assets.source.describe(version)
        guard let description, description.revision == record.revision, description.status == record.status else {
            throw gone
        }
        var stored: [Manifest.StoredAsset] = []
        if record.status.isDownloadable {
            guard let listing = try await assets.listAssets(of: version), listing.revision == record.revision else {
                throw gone
            }
            for asset in listing.assets {
                do {
                    stored.append(try await assets.store(asset, of: version, known: known).place)
                } catch let failure as RemoteFailure where AssetCopier.mayBeLeftOut(asset, failure) {
                    continue
                }
            }
        }
        let isReadable = record.status.isDownloadable
        let documents = isReadable ? try await assets.source.recordedDocuments(of: version) : RecordedDocuments()
        return Manifest(
            coordinates: version,
            revision: record.revision,
            status: record.status,
            origin: description.origin,
            publishedTime: record.status.isDownloadable ? description.publishedTime : nil,
            recordedAt: record.recordedAt,
            recordedBy: recorder,
            assets: stored
        ).keeping(documents)
    }
}
