/// Generates a package's maven-metadata.xml in the backup from its manifests, so that the tree remains a plain Maven
/// repository.
///
/// The artifact level lists the versions whose newest manifest says Published, as the service does; builds of a
/// snapshot and withdrawn versions can still be requested by name. The document of a group lists its Maven plugins; if
/// a package has the same folder, one document contains both. Documents depend only on the manifests, so all writers
/// eventually write the same bytes.
package struct MetadataPublisher: Sendable {
    let store: any ObjectStore
    let layout: BackupLayout
    private let digest: DigestFunction
    private let clock: any RunClock
    let plugins: PluginGroups?

    /// - Parameter plugins: the groups that have Maven plugins. If nil, each package whose folder may be a group's
    ///   costs one more list of records.
    package init(
        store: any ObjectStore,
        layout: BackupLayout,
        digest: @escaping DigestFunction,
        clock: any RunClock,
        plugins: PluginGroups? = nil
    ) {
        self.store = store
        self.layout = layout
        self.digest = digest
        self.clock = clock
        self.plugins = plugins
    }

    var catalog: BackupCatalog { BackupCatalog(store: store, layout: layout, clock: clock) }

    // MARK: Documents of a package and of its group

    /// Writes the artifact-level document of a package with its checksum files; for a Maven plugin, also the document
    /// of its group. Writes nothing if the package has no Published version and never had a document.
    ///
    /// - Parameters:
    ///   - records: the newest record of each of the package's versions, if they have already been listed.
    ///   - pending: manifests committed since, or about to be committed with their bytes stored; they count as
    ///     committed.
    /// - Returns: what was written.
    @discardableResult
    package func publish(
        _ package: PackageCoordinates,
        knowing records: [ManifestRecord]? = nil,
        adding pending: [Manifest] = []
    ) async throws -> Documents {
        var written: Documents = [:]
        let folder = DocumentFolder(of: package)
        try await alone(in: folder) {
            written[layout.metadataKey(in: folder)] = try await publishOwn(of: package, records, adding: pending)
        }
        guard package.isPlugin else { return written }
        plugins?.insert(groupOf: package)
        let group = DocumentFolder(ofGroup: package.namespace, in: package.repository)
        try await alone(in: group) {
            guard let document = try await document(in: group, adding: pending),
                try await write(document, in: group)
            else { return }
            written[layout.metadataKey(in: group)] = document
        }
        return written
    }

    /// Documents by key, without their checksum files.
    package typealias Documents = [ObjectKey: [UInt8]]

    /// Counts a manifest as committed, for all writers of documents in its folders, while `work` writes its documents
    /// and commits it.
    package func committing(_ manifest: Manifest, _ work: () async throws -> Void) async throws {
        guard let plugins else { return try await work() }
        if manifest.coordinates.package.isPlugin { plugins.keep(manifest.documents.plugin, of: manifest.record) }
        try await plugins.committing(manifest, work)
    }

    private func alone(in folder: DocumentFolder, _ work: () async throws -> Void) async throws {
        guard let plugins else { return try await work() }
        try await plugins.alone(in: folder, work)
    }

    private func publishOwn(
        of package: PackageCoordinates,
        _ listed: [ManifestRecord]?,
        adding pending: [Manifest]
    ) async throws -> [UInt8]? {
        let folder = DocumentFolder(of: package)
        let listed = if let listed { listed } else { try await newestRecords(of: package) }
        let records = newest(of: package, listed, adding: all(pending, in: folder))
        guard let document = try await document(in: folder, records, adding: pending),
            try await write(document, in: folder)
        else { return nil }
        return document
    }

    /// Whether a folder is the directory of a recorded version: the folder of the package `a.b:c` is the directory of
    /// version `c` of `a:b`. If so, its content belongs to the version, and no document of a package or group is
    /// written there.
    ///
    /// Costs a request only if the version's package may have a record.
    func isDirectoryOfVersion(_ folder: DocumentFolder) async throws -> Bool {
        guard let version = folder.version else { return false }
        if plugins?.hasClaimed(version) ?? false { return true }
        guard plugins?.mayHave(version.package) ?? true else { return false }
        let own = plugins?.pending(in: DocumentFolder(of: version.package)) ?? []
        if own.contains(where: { $0.coordinates.exact == version.exact }) { return true }
        return try await !catalog.records(of: version).isEmpty
    }

    /// - Returns: false if the folder is a version's directory and nothing was written.
    private func write(_ document: [UInt8], in folder: DocumentFolder) async throws -> Bool {
        if try await isDirectoryOfVersion(folder) { return false }
        try await write(document, to: layout.metadataKey(in: folder))
        return true
    }

    /// Updates the document to match the current manifests; writes nothing if it already does. For a Maven plugin, also
    /// updates the document of its group. Call it after a commit.
    ///
    /// - Parameters:
    ///   - committed: that manifest and those committed before it, which a plan's store does not list.
    ///   - written: what was written just before the commit; it is checked while the records are read.
    ///   - listed: the package's document and checksum files, as listed after the commit; nil to read them.
    package func settle(
        _ package: PackageCoordinates,
        adding committed: [Manifest] = [],
        after written: Documents = [:],
        listedAs listed: [ObjectKey: StoredObject]? = nil
    ) async throws {
        try await settle(DocumentFolder(of: package), adding: committed, after: written, listedAs: listed)
        guard package.isPlugin else { return }
        plugins?.insert(groupOf: package)
        let group = DocumentFolder(ofGroup: package.namespace, in: package.repository)
        try await settle(group, adding: committed, after: written)
    }

    /// Updates the document of one folder.
    func settle(
        _ folder: DocumentFolder,
        adding committed: [Manifest] = [],
        after written: Documents = [:],
        listedAs listed: [ObjectKey: StoredObject]? = nil
    ) async throws {
        let key = layout.metadataKey(in: folder)
        try await alone(in: folder) {
            try await settle(key, likely: written[key], listedAs: listed) {
                try await document(in: folder, adding: committed)
            } write: {
                try await write($0, in: folder)
            }
        }
    }

    /// The given manifests plus those about to be committed that affect a folder.
    private func all(_ pending: [Manifest], in folder: DocumentFolder) -> [Manifest] {
        pending + (plugins?.pending(in: folder) ?? [])
    }

    private func document(in folder: DocumentFolder, adding pending: [Manifest]) async throws -> [UInt8]? {
        var records: [ManifestRecord] = []
        if let package = folder.package {
            // Read before the listing, so that a manifest committed meanwhile is in at least one of them.
            let counted = all(pending, in: folder)
            records = newest(of: package, try await newestRecords(of: package), adding: counted)
        }
        return try await document(in: folder, records, adding: pending)
    }

    private func document(
        in folder: DocumentFolder,
        _ records: [ManifestRecord],
        adding pending: [Manifest]
    ) async throws -> [UInt8]? {
        let mayHavePlugins = folder.group.map { plugins?.contains($0, in: folder.repository) ?? true } ?? false
        let found =
            mayHavePlugins
            ? try await catalog.plugins(in: folder, adding: all(pending, in: folder), reading: plugin(of:))
            : BackupCatalog.GroupPlugins()
        guard let document = MavenMetadata.folderLevel(folder, records: records, plugins: found) else { return nil }
        if document.namesNothing {
            let stored = try await store.read(layout.metadataKey(in: folder), limit: MavenMetadata.maximumBytes)
            if stored == nil { return nil }
        }
        return document.render()
    }

    /// The entry for the group's document in a record's manifest. Records never change, so a run reads each only once.
    private func plugin(of record: ManifestRecord) async throws -> RecordedPlugin? {
        if let plugins, let known = plugins.entry(of: record) { return known }
        let entry = try await catalog.manifest(of: record).documents.plugin
        plugins?.keep(entry, of: record)
        return entry
    }

    /// The correct document of a folder according to the current records, and the newest time among them; nil if
    /// nothing is recorded for its package or for plugins of its group.
    ///
    /// - Parameter read: as for `BackupCatalog.plugins`.
    func expected(
        in folder: DocumentFolder,
        reading read: (ManifestRecord) async throws -> RecordedPlugin?
    ) async throws -> (document: MavenMetadata, lastRecorded: Timestamp?)? {
        var records: [ManifestRecord] = []
        if let package = folder.package { records = try await newestRecords(of: package) }
        if try await isDirectoryOfVersion(folder) { return nil }
        let found = try await catalog.plugins(in: folder, adding: [], reading: read)
        let times = records.map(\.recordedAt) + [found.lastRecorded].compactMap(\.self)
        return MavenMetadata.folderLevel(folder, records: records, plugins: found).map { ($0, times.max()) }
    }

    // MARK: Settling

    /// Writes what `document` returns unless it is already stored, and repeats this until the result stays the same.
    ///
    /// Concurrent writers may overwrite each other's documents with what each of them knew. So every committer checks
    /// what is stored afterwards, and every writer checks the manifests and its own write again: the last one leaves a
    /// correct document.
    ///
    /// - Parameters:
    ///   - likely: what `document` will probably return; checked against the store while `document` runs.
    ///   - listed: the files as just listed; nil to read them.
    ///   - write: writes the document; returns false if it must not be there.
    /// - Throws: `absent` if the document is not stored after several writes.
    func settle(
        _ key: ObjectKey,
        likely: [UInt8]?,
        listedAs listed: [ObjectKey: StoredObject]? = nil,
        _ document: () async throws -> [UInt8]?,
        write: ([UInt8]) async throws -> Bool
    ) async throws {
        var next: [UInt8]?
        if let likely {
            async let isStored = isStoredNow(likely, at: key, listedAs: listed)
            next = try await document()
            if try await isStored, next == likely { return }
        } else {
            next = try await document()
        }
        var writes = 0
        while let due = next {
            if try await isStored(due, at: key) { return }
            guard writes < Self.writes else { throw lost(key) }
            guard try await write(due) else { return }
            writes += 1
            next = try await document()
        }
    }

    /// The most writes of one document, in case other writers overtake this one or the store loses it.
    private static var writes: Int { 5 }

    private func lost(_ key: ObjectKey) -> RemoteFailure {
        RemoteFailure(
            .absent,
            operation: store.operations.write,
            target: key.value,
            message: "this file and its checksum files were written \(Self.writes) times, but \(store.location) does "
                + "not have them as written; the files of the versions are not affected. Run verify --repair; if this "
                + "happens again, do not use this store for a backup"
        )
    }

    /// Checks a document and its checksum files in turn, until one differs.
    private func isStored(_ document: [UInt8], at key: ObjectKey) async throws -> Bool {
        for (file, bytes) in files(of: document, at: key) {
            guard try await store.holds(bytes, at: file) else { return false }
        }
        return true
    }

    /// Checks a document and its checksum files concurrently. Listed files whose ETag is their MD5 are not read.
    private func isStoredNow(
        _ document: [UInt8],
        at key: ObjectKey,
        listedAs listed: [ObjectKey: StoredObject]?
    ) async throws -> Bool {
        var files = files(of: document, at: key)
        if let listed {
            guard files.allSatisfy({ listed[$0.key]?.size == Int64($0.bytes.count) }) else { return false }
            files.removeAll { listed[$0.key]?.etag == digest($0.bytes, .md5) }
        }
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            for (file, bytes) in files {
                group.addTask { try await store.holds(bytes, at: file) }
            }
            return try await group.reduce(into: true) { $0 = $0 && $1 }
        }
    }

    func write(_ document: [UInt8], to key: ObjectKey) async throws {
        try await forEachFile(of: document, at: key) { file, bytes in
            _ = try await store.write(bytes, to: file, .overwrite)
        }
    }

    /// Performs `work` on a document and its checksum files concurrently.
    private func forEachFile(
        of document: [UInt8],
        at key: ObjectKey,
        _ work: @escaping @Sendable (_ file: ObjectKey, _ bytes: [UInt8]) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (file, bytes) in files(of: document, at: key) {
                group.addTask { try await work(file, bytes) }
            }
            try await group.waitForAll()
        }
    }

    /// A document and its checksum files.
    func files(of document: [UInt8], at key: ObjectKey) -> [(key: ObjectKey, bytes: [UInt8])] {
        [(key, document)]
            + ChecksumAlgorithm.ofDocuments.map { algorithm in
                (key.checksumFile(algorithm), Array(digest(document, algorithm).utf8))
            }
    }
}
