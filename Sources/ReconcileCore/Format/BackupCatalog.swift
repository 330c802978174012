/// What the backup knows, read from its manifests alone: which packages there are, and the history of each version.
///
/// The source need not exist any more. Memory grows with the number of packages and with the records of one
/// package, whatever order the store lists in.
package struct BackupCatalog: Sendable {
    let store: any ObjectStore
    let layout: BackupLayout
    private let clock: any RunClock

    package init(store: any ObjectStore, layout: BackupLayout, clock: any RunClock) {
        self.store = store
        self.layout = layout
        self.clock = clock
    }

    /// Reads the backup's records, as of now.
    package var reader: RecordReader {
        RecordReader(layout: layout, now: clock.timestamp)
    }

    /// Calls `visit` once with each package that has a record, in the order that the store lists them.
    ///
    /// - Parameters:
    ///   - repository: only this one's; nil for all.
    ///   - note: called with each record's key and time, and with what it says of a version, or of a package itself, which
    ///     nothing has proved.
    ///   - hide: is given each folder that the store refuses to show; unless it throws, the walk goes on without the
    ///     records in it.
    package func forEachPackage(
        in repository: String? = nil,
        noting note: (ObjectKey, Timestamp, ManifestRecord?, PackageRecord?) -> Void = { _, _, _, _ in },
        hiding hide: (HiddenFolder) throws -> Void = { throw $0.failure },
        _ visit: (PackageCoordinates) async throws -> Void
    ) async throws {
        let prefix = repository.map { layout.manifestsPrefix(of: $0) } ?? layout.manifestsPrefix
        var seen: Set<ExactText> = []
        var trail = PageTrail(operation: .list, target: "\(store.location) \(prefix)")
        var token: PageToken?
        repeat {
            let page = try await store.list(prefix: prefix, startingAfter: nil, after: token)
            for folder in page.hidden { try hide(folder) }
            for object in page.elements {
                let record = layout.record(at: object.key)
                let own = record == nil ? layout.packageRecord(at: object.key) : nil
                if let time = record?.recordedAt ?? own?.recordedAt { note(object.key, time, record, own) }
                guard let package = record?.coordinates.package else { continue }
                if seen.insert(ExactText(layout.manifestsPrefix(of: package).value)).inserted {
                    try await visit(package)
                }
            }
            token = page.next
            if let token { try trail.follow(token, after: page.elements.count) }
        } while token != nil
    }

    /// What is recorded of a package and of its versions; empty where nothing is.
    ///
    /// One list for each thousand records.
    package func history(of package: PackageCoordinates) async throws -> PackageHistory {
        var own: [PackageRecord] = []
        let versions = try await histories(under: [layout.manifestsPrefix(of: package)]) { _ in
            true
        } ofPackages: {
            own.append($0)
        }
        return PackageHistory(versions: versions, own: own)
    }

    /// The histories of the wanted versions under some prefixes, in byte order of repository, namespace, package and
    /// version.
    ///
    /// One list for each thousand records under the prefixes; memory grows with the records of the wanted versions.
    ///
    /// - Parameters:
    ///   - visit: called with each record of a package itself.
    ///   - hide: is given each folder that the store refuses to show; unless it throws, the walk goes on without the
    ///     records in it.
    package func histories(
        under prefixes: [ObjectKey],
        where isWanted: (VersionCoordinates) throws -> Bool,
        ofPackages visit: (PackageRecord) -> Void = { _ in },
        hiding hide: (HiddenFolder) throws -> Void = { throw $0.failure }
    ) async throws -> [VersionHistory] {
        let reader = reader
        var records: [[ExactText]: [ManifestRecord]] = [:]
        var ignored: [[ExactText]: Set<ExactText>] = [:]
        for prefix in prefixes {
            try await store.forEachObject(under: prefix) { object in
                if let record = layout.record(at: object.key) {
                    guard try isWanted(record.coordinates) else { return }
                    records[record.coordinates.exact, default: []].append(record)
                    if reader.mayCount(size: object.size, recordedAt: record.recordedAt) { return }
                    ignored[record.coordinates.exact, default: []].insert(ExactText(record.fileName))
                } else if let record = layout.packageRecord(at: object.key) {
                    visit(record)
                }
            } hiding: {
                try hide($0)
            }
        }
        return records.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .compactMap { VersionHistory($0.value, ignoring: ignored[$0.key] ?? []) }
    }

    /// The manifest of a record; an `untrusted` failure where its bytes do not pass the reader, `absent` where it is gone.
    ///
    /// A record of the future is refused without a request.
    package func manifest(of record: ManifestRecord) async throws -> Manifest {
        try await stored(record).manifest
    }

    /// The same, with the object that says it.
    func stored(_ record: ManifestRecord) async throws -> (manifest: Manifest, object: ProvedObject) {
        try await proved(layout.key(of: record), record.recordedAt) { reader, object throws(RecordRefusal) in
            (try reader.manifest(object.body, of: record).counting(as: object), object)
        }
    }

    /// Proves a package's own record by its bytes; throws as `manifest(of:)` does.
    package func prove(_ record: PackageRecord) async throws {
        _ = try await stored(record)
    }

    /// The bytes of a package's own record, proved.
    func stored(_ record: PackageRecord) async throws -> [UInt8] {
        try await proved(layout.key(of: record), record.recordedAt) { reader, object throws(RecordRefusal) in
            try reader.prove(object.body, are: record)
            return object.body
        }
    }

    /// The records of a version that may count, the newest first.
    package func records(of version: VersionCoordinates) async throws -> [ManifestRecord] {
        let reader = reader
        var records: [ManifestRecord] = []
        try await store.forEachObject(under: layout.manifestsPrefix(of: version)) { object in
            if let record = reader.record(listedAs: object) { records.append(record) }
        }
        return records.sorted { $1.isOlder(than: $0) }
    }

    /// The newest manifest of a version that passes the reader; nil if there is none.
    ///
    /// - Parameter pending: a manifest of any version, which counts as stored and is not read if it is the newest.
    func newestManifest(of version: VersionCoordinates, adding pending: Manifest?) async throws -> Manifest? {
        let pending = pending.flatMap { $0.coordinates.exact == version.exact ? $0 : nil }
        for record in try await records(of: version) {
            if let pending, record.fileName == pending.record.fileName || record.isOlder(than: pending.record) {
                return pending
            }
            if let manifest = try await readableManifest(of: record) { return manifest }
        }
        return pending
    }

    /// The manifest of a record; nil where its bytes do not pass the reader, or it is gone.
    func readableManifest(of record: ManifestRecord) async throws -> Manifest? {
        do {
            return try await manifest(of: record)
        } catch let failure as RemoteFailure where [.untrusted, .absent].contains(failure.kind) {
            return nil
        }
    }

    private func proved<Record>(
        _ key: ObjectKey,
        _ recordedAt: Timestamp,
        _ read: (RecordReader, ProvedObject) throws(RecordRefusal) -> Record
    ) async throws -> Record {
        func failure(_ kind: RemoteFailure.Kind, _ message: String) -> RemoteFailure {
            RemoteFailure(kind, operation: .manifest, target: key.value, message: message)
        }
        do {
            try reader.requireTimely(recordedAt)
            if let object = try await store.readProved(key, limit: Manifest.maximumBytes) {
                return try read(reader, object)
            }
        } catch let refusal as RecordRefusal {
            throw failure(.untrusted, "the record is invalid: \(refusal)")
        } catch let refusal as RemoteFailure where refusal.kind == .invalid {
            // More bytes than a record may have, or what the store can never give.
            throw failure(.untrusted, "the record is invalid: \(refusal.message)")
        }
        throw failure(.absent, "the manifest is gone")
    }
}

/// What is recorded of one package.
package struct PackageHistory: Hashable, Sendable {
    /// In byte order of the version.
    package let versions: [VersionHistory]
    /// Of the package itself, the oldest first; those of the same second in order of their file names.
    private let own: [PackageRecord]

    init(versions: [VersionHistory], own: [PackageRecord]) {
        self.versions = versions
        self.own = own.sorted { ExactText($0.fileName) < ExactText($1.fileName) }
    }

    /// The package's own records, or those up to a moment, that second included, the newest first; none where it always
    /// had the origin controls that publishing gives.
    package func own(asOf moment: Timestamp?) -> [PackageRecord] {
        own.reversed().filter { record in moment.map { record.recordedAt <= $0 } ?? true }
    }
}

/// Every record of one version, the oldest first; at least one.
package struct VersionHistory: Hashable, Sendable {
    package let records: [ManifestRecord]
    /// The file names of those that may not count, by what their listing shows.
    private let ignored: Set<ExactText>

    /// Sorts records of one version; nil for none.
    ///
    /// Records of the same second are in order of their file names, as whoever reads the newest takes them.
    package init?(_ records: [ManifestRecord], ignoring ignored: Set<ExactText> = []) {
        guard !records.isEmpty else { return nil }
        self.records = records.sorted { $0.isOlder(than: $1) }
        self.ignored = ignored
    }

    /// Whether one of the records may count. Whoever reads records finds that the others do not pass, and names them.
    package func counts(_ record: ManifestRecord) -> Bool { !ignored.contains(ExactText(record.fileName)) }

    package var coordinates: VersionCoordinates { records[0].coordinates }

    /// What the backup knows of the version now.
    package var newest: ManifestRecord { records[records.count - 1] }

    /// The history as if one record were not there; nil where it is the only one.
    package func without(_ record: ManifestRecord) -> VersionHistory? {
        VersionHistory(records.filter { $0.fileName != record.fileName }, ignoring: ignored)
    }

    /// What the backup knew at a moment, that second included; nil before the first record.
    package func record(asOf moment: Timestamp) -> ManifestRecord? {
        records.last { $0.recordedAt <= moment }
    }
}
