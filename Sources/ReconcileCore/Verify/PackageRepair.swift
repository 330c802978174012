/// Mends what a look found wrong with one package, from the backup itself where that suffices, else from the source.
///
/// Manifests first, then the objects that they name, then what is derived from them. It deletes nothing, and writes
/// over objects whose bytes no manifest names, manifests that cannot be read, derived files, and, where the bucket keeps
/// versions, a manifest that names a lost version of an object: it then names the version that holds the bytes.
struct PackageRepair {
    /// Why a fault was not mended, as a part of a sentence; for those that were tried in vain.
    private(set) var reasons: [BackupFault.Identity: String] = [:]

    private let package: PackageCoordinates
    private let look: PackageLook
    private let publisher: MetadataPublisher
    private let copier: VersionCopier
    private let catalog: BackupCatalog
    private let recorder: Manifest.Recorder
    /// The version ids that take the place of lost ones.
    private var moves: [NamedBytes: String] = [:]

    /// What a manifest says of where bytes are.
    private struct NamedBytes: Hashable {
        let key: ObjectKey
        let asset: Asset
        let versionID: String?
    }

    private struct Unmendable: Error {
        let reason: String

        init(_ reason: String) {
            self.reason = reason
        }
    }

    private var store: any ObjectStore { look.verifier.store }
    private var layout: BackupLayout { look.verifier.layout }

    init(of package: PackageCoordinates, seenBy look: PackageLook, with mending: Verifier.Mending) {
        self.package = package
        self.look = look
        recorder = mending.recorder
        let (store, layout) = (look.verifier.store, look.verifier.layout)
        catalog = BackupCatalog(store: store, layout: layout)
        publisher = MetadataPublisher(store: store, layout: layout, digest: look.verifier.digest)
        copier = VersionCopier(
            source: mending.source,
            store: store,
            metadata: publisher,
            layout: layout,
            clock: look.verifier.clock,
            recorder: mending.recorder,
            keepsVersions: look.keepsVersions,
            writesSidecars: look.verifier.options.wantsSidecars
        )
    }

    /// Mends what can be mended; `reasons` has the rest. Throws only when told to stop, or when the manifests can no
    /// longer be listed.
    mutating func mend(_ faults: [BackupFault]) async throws {
        for fault in faults where [.unreadableManifest, .misplacedManifest].contains(fault.kind) {
            try await attempt([fault]) { repair in try await repair.remakeManifest(at: fault.key) }
        }
        var counts = VerifyReport.Counts()
        let recorded = try await look.record(package, &counts)
        let objects = faults.filter { [.missing, .wrongSize, .wrongBytes, .unreadableObject].contains($0.kind) }
        for (key, faults) in Dictionary(grouping: objects, by: \.key).sorted(by: { $0.key < $1.key }) {
            try await attempt(faults) { repair in try await repair.mendObject(key, recorded.objects[key] ?? []) }
        }
        if !moves.isEmpty {
            try await attempt(objects) { repair in try await repair.moveVersionIDs(recorded.records) }
        }
        let derived = faults.filter { [.incompleteMetadata, .wrongMetadata, .wrongSidecar].contains($0.kind) }
        for fault in derived {
            try await attempt([fault]) { repair in try await repair.writeDerived(fault, recorded) }
        }
        for fault in faults where fault.kind == .stray { reasons[fault.identity] = "a repair deletes nothing" }
    }

    private mutating func attempt(
        _ faults: [BackupFault],
        _ mend: (inout PackageRepair) async throws -> Void
    ) async throws {
        try look.checkStop()
        let reason: String
        do {
            return try await mend(&self)
        } catch let unmendable as Unmendable {
            reason = unmendable.reason
        } catch let failure as RemoteFailure {
            reason = failure.description
        }
        for fault in faults { reasons[fault.identity] = reason }
    }

    // MARK: Manifests

    private func remakeManifest(at key: ObjectKey) async throws {
        if let record = layout.packageRecord(at: key) {
            _ = try await store.write(record.canonicalBytes(recordedBy: recorder), to: key, .overwrite)
            return
        }
        guard let record = layout.record(at: key) else { throw Unmendable("its key is no manifest's") }
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
                assets: model.assets
            )
        } else {
            var known: [ObjectKey: StoredObject] = [:]
            try await store.forEachObject(under: layout.packagePrefix(package)) { known[$0.key] = $0 }
            manifest = try await copier.remake(record, known: known)
        }
        _ = try await store.write(manifest.canonicalBytes(), to: key, .overwrite)
    }

    /// A manifest of the same version that says the same of its bytes: a state without bytes carries on what the one
    /// before it says, and a revision means the same assets each time.
    private func model(of record: ManifestRecord) async throws -> Manifest? {
        let versions = try await catalog.history(of: package).versions
        let records = versions.first { $0.records.contains(record) }?.records ?? []
        guard let index = records.firstIndex(of: record) else { return nil }
        if !record.status.isDownloadable, index > 0 {
            guard let earlier = try await readable(records[index - 1]) else {
                throw Unmendable("the version's record before it is what it was made from, and cannot be read either")
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

    private func readable(_ record: ManifestRecord) async throws -> Manifest? {
        do {
            return try await catalog.manifest(of: record)
        } catch let failure as RemoteFailure where [.malformed, .absent, .invalid].contains(failure.kind) {
            return nil
        }
    }

    // MARK: Objects

    /// Has each of the bytes that manifests name under a key there, and those of the newest manifest as the newest.
    private mutating func mendObject(_ key: ObjectKey, _ named: [RecordedPackage.NamedObject]) async throws {
        let inspection = ObjectInspection(look: look, key: key, named: named, package: package)
        let named = named.sorted { $0.recordedAt < $1.recordedAt }
        guard let newest = named.last else { throw Unmendable("no manifest that can be read names it") }
        guard look.keepsVersions else {
            guard named.allSatisfy({ $0.asset.checksums.sha256 == newest.asset.checksums.sha256 }) else {
                throw Unmendable("manifests name different bytes for it, and \(store.location) keeps no versions")
            }
            _ = try await copier.replace(newest.asset, of: coordinates(newest))
            return
        }
        var failure: (any Error)?
        for row in named {
            do {
                try await mendVersion(row, among: named, inspection)
            } catch {
                failure = error
            }
        }
        var counts = VerifyReport.Counts()
        if try await inspection.problem(reading: newest, nil, &counts) != nil {
            let versionID = moves[place(newest, key)] ?? inspection.versionID(of: newest)
            // Throws where the bytes are lost, for which there is a better reason already.
            let body = store.body(at: key, versionID: versionID, range: nil)
            do {
                _ = try await store.write(body, of: newest.asset, to: key, .overwrite)
            } catch let refusal as RemoteFailure {
                failure = failure ?? refusal
            }
        }
        if let failure { throw failure }
    }

    /// Sees to it that a version of an object holds what a manifest names, and notes which one where it is another.
    private mutating func mendVersion(
        _ row: RecordedPackage.NamedObject,
        among named: [RecordedPackage.NamedObject],
        _ inspection: ObjectInspection
    ) async throws {
        var counts = VerifyReport.Counts()
        let own = inspection.versionID(of: row)
        if let own, try await inspection.problem(reading: row, own, &counts) == nil { return }
        let current = try? await store.inspect(inspection.key)?.versionID
        let others = named.filter { $0.asset.checksums.sha256 == row.asset.checksums.sha256 }.map(inspection.versionID)
        for case let other? in [current] + others where other != own {
            if try await inspection.problem(reading: row, other, &counts) == nil {
                moves[place(row, inspection.key)] = other
                return
            }
        }
        moves[place(row, inspection.key)] = try await copier.replace(row.asset, of: coordinates(row))
    }

    /// Has the manifests name the versions that hold their bytes now.
    private func moveVersionIDs(_ records: [ManifestRecord]) async throws {
        for record in records {
            guard var manifest = try await readable(record) else { continue }
            let before = manifest
            for index in manifest.assets.indices {
                let stored = manifest.assets[index]
                let place = NamedBytes(key: stored.key, asset: stored.asset, versionID: stored.versionID)
                if let versionID = moves[place] { manifest.assets[index].versionID = versionID }
            }
            guard manifest != before else { continue }
            _ = try await store.write(manifest.canonicalBytes(), to: layout.key(of: record), .overwrite)
        }
    }

    private func place(_ row: RecordedPackage.NamedObject, _ key: ObjectKey) -> NamedBytes {
        NamedBytes(key: key, asset: row.asset, versionID: row.versionID)
    }

    private func coordinates(_ row: RecordedPackage.NamedObject) -> VersionCoordinates {
        VersionCoordinates(package: package, version: row.version)
    }

    // MARK: Derived files

    private func writeDerived(_ fault: BackupFault, _ recorded: RecordedPackage) async throws {
        if fault.place.asset != nil {
            return try await writeSidecar(fault.key, recorded)
        }
        guard let version = fault.place.version else {
            // Over what is there, for it may be what cannot be read.
            try await publisher.publish(package)
            return try await publisher.settle(package)
        }
        guard let manifest = recorded.snapshots[ExactText(version)] else {
            throw Unmendable("the newest manifest of \(version) cannot be read")
        }
        try await publisher.publishSnapshot(manifest)
        try await publisher.settleSnapshot(manifest.coordinates) {
            var counts = VerifyReport.Counts()
            return try await look.record(package, &counts).snapshots[ExactText(version)]
        }
    }

    private func writeSidecar(_ key: ObjectKey, _ recorded: RecordedPackage) async throws {
        guard let (file, algorithm) = ChecksumAlgorithm.split(key.value),
            let newest = recorded.objects[ObjectKey(file)]?.max(by: { $0.recordedAt < $1.recordedAt }),
            let sum = newest.asset.checksums[algorithm]
        else { throw Unmendable("no manifest that can be read names a checksum for it") }
        _ = try await store.write(Array(sum.utf8), to: key, .overwrite)
    }
}
