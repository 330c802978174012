/// Regenerates a package's maven-metadata.xml in the backup from its manifests, so that the tree stays a plain Maven
/// repository.
///
/// The artifact level names the versions whose newest manifest says Published, as the service does; builds of a
/// snapshot and withdrawn versions can still be asked for by name. The document of a group names its Maven plugins; if a
/// package has the same folder, one document says both. The documents depend on the manifests alone: whoever writes them
/// last writes the same.
package struct MetadataPublisher: Sendable {
    private let store: any ObjectStore
    private let layout: BackupLayout
    private let digest: DigestFunction
    private let clock: any RunClock
    private let plugins: PluginGroups?

    /// - Parameter plugins: the groups that have Maven plugins; nil if they are not known, so that each package whose
    ///   folder may be a group's costs one more list of records.
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

    private var catalog: BackupCatalog { BackupCatalog(store: store, layout: layout, clock: clock) }

    // MARK: The document of a package, and of its group

    /// Writes the artifact-level document of a package with its checksum files; nothing when it has no Published
    /// version and never had a document. For a Maven plugin, also the document of its group.
    ///
    /// - Parameter pending: a manifest that is about to be committed, its bytes stored: counted as if it were.
    /// - Throws: a `conflict` failure where a file of the package's first document is an asset of another package.
    package func publish(_ package: PackageCoordinates, adding pending: Manifest? = nil) async throws {
        try await alone(in: DocumentFolder(of: package)) { try await publishOwn(of: package, adding: pending) }
        guard package.isPlugin else { return }
        plugins?.insert(groupOf: package)
        let folder = DocumentFolder(ofGroup: package.namespace, in: package.repository)
        try await alone(in: folder) {
            guard let document = try await document(in: folder, adding: pending) else { return }
            try await write(document, to: layout.metadataKey(in: folder))
        }
    }

    /// Counts a manifest as committed, for everybody who writes documents of its folders, while `work` writes its own
    /// and commits it.
    ///
    /// - Parameter publishes: whether `work` writes documents of folders.
    package func committing(
        _ manifest: Manifest,
        publishes: Bool,
        _ work: () async throws -> Void
    ) async throws {
        guard let plugins else { return try await work() }
        if manifest.coordinates.package.isPlugin { plugins.keep(manifest.plugin, of: manifest.record) }
        guard publishes else { return try await work() }
        try await plugins.committing(manifest, work)
    }

    private func alone(in folder: DocumentFolder, _ work: () async throws -> Void) async throws {
        guard let plugins else { return try await work() }
        try await plugins.alone(in: folder, work)
    }

    private func publishOwn(of package: PackageCoordinates, adding pending: Manifest?) async throws {
        let folder = DocumentFolder(of: package)
        let records = try await newestRecords(of: package, adding: all(pending, in: folder))
        guard let document = try await document(in: folder, records, adding: pending) else { return }
        let key = layout.metadataKey(in: folder)
        // The files are the package's own as soon as one of its records is there.
        guard let pending, records.count == 1, records[0] == pending.record else {
            return try await write(document, to: key)
        }
        for (file, bytes) in files(of: document, at: key) {
            guard case .alreadyExists = try await store.write(bytes, to: file, .createOnly) else { continue }
            try await requireNoAsset(file, beside: package)
            _ = try await store.write(bytes, to: file, .overwrite)
        }
    }

    /// Throws where a file is an asset of the version whose directory is the package's: version `c` of `a:b` has the
    /// directory of the package `a.b:c`.
    private func requireNoAsset(_ file: ObjectKey, beside package: PackageCoordinates) async throws {
        guard let version = DocumentFolder(of: package).version, file != layout.metadataKey(of: package) else { return }
        let histories = try await catalog.histories(under: [layout.manifestsPrefix(of: version)]) { _ in true }
        for record in histories.flatMap(\.records) {
            do {
                guard try await catalog.manifest(of: record).assets.contains(where: { $0.key == file }) else {
                    continue
                }
            } catch let failure as RemoteFailure where failure.kind == .untrusted {
                continue
            }
            throw RemoteFailure(
                .conflict,
                operation: .copy,
                target: "\(package)",
                message:
                    "\(file) is an asset of \(version), but this package's \(MavenMetadata.fileName) needs that key"
                    + "; it is not overwritten, so this package cannot be backed up"
            )
        }
    }

    /// Brings the document up to the manifests as they are now; writes nothing where it is right. Due after a commit.
    /// For a Maven plugin, also the document of its group.
    ///
    /// - Parameter committed: the manifest of that commit, which a plan's store does not list.
    package func settle(_ package: PackageCoordinates, adding committed: Manifest? = nil) async throws {
        try await settle(DocumentFolder(of: package), adding: committed)
        guard package.isPlugin else { return }
        plugins?.insert(groupOf: package)
        try await settle(DocumentFolder(ofGroup: package.namespace, in: package.repository), adding: committed)
    }

    /// Brings the document of one folder up to date.
    func settle(_ folder: DocumentFolder, adding committed: Manifest? = nil) async throws {
        try await alone(in: folder) {
            try await settle(layout.metadataKey(in: folder)) { try await document(in: folder, adding: committed) }
        }
    }

    /// The newest record of each version; none for no package.
    private func newestRecords(
        of package: PackageCoordinates?,
        adding pending: [Manifest] = []
    ) async throws -> [ManifestRecord] {
        guard let package else { return [] }
        var newest: [ExactText: ManifestRecord] = [:]
        func add(_ record: ManifestRecord) {
            let version = ExactText(record.coordinates.version)
            if let known = newest[version], record.isOlder(than: known) { return }
            newest[version] = record
        }
        for manifest in pending
        where layout.manifestsPrefix(of: manifest.coordinates.package) == layout.manifestsPrefix(of: package) {
            add(manifest.record)
        }
        let reader = catalog.reader
        try await store.forEachObject(under: layout.manifestsPrefix(of: package)) { object in
            if let record = layout.record(at: object.key), reader.isTimely(record.recordedAt) { add(record) }
        }
        return Array(newest.values)
    }

    /// A manifest, and those about to be committed beside it, as far as they concern a folder.
    private func all(_ pending: Manifest?, in folder: DocumentFolder) -> [Manifest] {
        [pending].compactMap(\.self) + (plugins?.pending(in: folder) ?? [])
    }

    private func document(in folder: DocumentFolder, adding pending: Manifest?) async throws -> [UInt8]? {
        let records = try await newestRecords(of: folder.package, adding: all(pending, in: folder))
        return try await document(in: folder, records, adding: pending)
    }

    private func document(
        in folder: DocumentFolder,
        _ records: [ManifestRecord],
        adding pending: Manifest?
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

    /// The entry that a record's manifest has for its group's document. A record never changes, so a run reads each once.
    private func plugin(of record: ManifestRecord) async throws -> RecordedPlugin? {
        if let plugins, let known = plugins.entry(of: record) { return known }
        let entry = try await catalog.manifest(of: record).plugin
        plugins?.keep(entry, of: record)
        return entry
    }

    /// What the document of a folder is to say, by the records as they are now, and the newest time among them; nil if
    /// nothing is recorded of its package or of plugins of its group.
    ///
    /// - Parameter read: as `BackupCatalog.plugins` takes it.
    func expected(
        in folder: DocumentFolder,
        reading read: (ManifestRecord) async throws -> RecordedPlugin?
    ) async throws -> (document: MavenMetadata, lastRecorded: Timestamp?)? {
        let records = try await newestRecords(of: folder.package)
        let found = try await catalog.plugins(in: folder, adding: [], reading: read)
        let times = records.map(\.recordedAt) + [found.lastRecorded].compactMap(\.self)
        return MavenMetadata.folderLevel(folder, records: records, plugins: found).map { ($0, times.max()) }
    }

    // MARK: A snapshot's document

    /// Writes the document of a Published `-SNAPSHOT` version from its manifest and those of its builds; nothing for other
    /// versions, nor if the source itself lists such an asset, whose bytes then stay. The manifest of a build brings its
    /// snapshot's document up to date.
    ///
    /// - Parameter manifest: about to be committed, with its bytes stored; counts as committed.
    package func publishSnapshot(adding manifest: Manifest) async throws {
        guard manifest.coordinates.isSnapshot else {
            return try await settleSnapshot(of: manifest.coordinates, adding: manifest)
        }
        guard let document = try await snapshotDocument(manifest, adding: nil) else { return }
        try await write(document, to: layout.metadataKey(ofSnapshot: manifest.coordinates))
    }

    /// Brings the document of the snapshot that a version is, or is a build of, into line with the current manifests;
    /// does nothing for other versions. Call it after a commit.
    ///
    /// - Parameter committed: the manifest of that commit, which a plan's store does not list.
    package func settleSnapshot(of version: VersionCoordinates, adding committed: Manifest? = nil) async throws {
        let build = version.isSnapshot ? nil : SnapshotBuild(version.version)
        guard version.isSnapshot || build != nil else { return }
        let snapshot = VersionCoordinates(
            package: version.package,
            version: build?.snapshotVersion ?? version.version
        )
        try await settle(layout.metadataKey(ofSnapshot: snapshot)) {
            let newest = try await catalog.newestManifest(of: snapshot, adding: committed)
            guard let newest else { return nil }
            // Most builds are no longer named by the newest document.
            if build != nil, !newest.olderBuilds.contains(where: { ExactText($0) == ExactText(version.version) }) {
                return nil
            }
            return try await snapshotDocument(newest, adding: committed)
        }
    }

    private func snapshotDocument(_ manifest: Manifest, adding pending: Manifest?) async throws -> [UInt8]? {
        guard manifest.status == .published,
            !manifest.assets.contains(where: { $0.asset.name == MavenMetadata.fileName })
        else { return nil }
        var older: Set<ExactText> = []
        for build in manifest.olderBuilds {
            let version = VersionCoordinates(package: manifest.coordinates.package, version: build)
            let newest = try await catalog.newestManifest(of: version, adding: pending)
            older.formUnion(newest?.namesForClients ?? [])
        }
        return MavenMetadata.snapshotLevel(of: manifest, with: older)?.render()
    }

    /// Brings the document of each snapshot of a package up to date.
    package func settleSnapshots(of package: PackageCoordinates) async throws {
        for record in try await newestRecords(of: package)
        where record.status == .published && record.coordinates.isSnapshot {
            try await settleSnapshot(of: record.coordinates)
        }
    }

    // MARK: Settling

    /// Writes what `document` gives unless it is stored so, and again for as long as that changes meanwhile.
    ///
    /// Writers at work at once may write over one another, with what each knew. Whoever commits looks afterwards at
    /// what is stored, and whoever has written looks again at the manifests: the last of them leaves it right.
    private func settle(_ key: ObjectKey, _ document: () async throws -> [UInt8]?) async throws {
        var written: [UInt8]?
        while let document = try await document(), document != written {
            if written == nil, try await isStored(document, at: key) { return }
            try await write(document, to: key)
            written = document
        }
    }

    private func isStored(_ document: [UInt8], at key: ObjectKey) async throws -> Bool {
        for (key, bytes) in files(of: document, at: key) {
            guard try await store.holds(bytes, at: key) else { return false }
        }
        return true
    }

    private func write(_ document: [UInt8], to key: ObjectKey) async throws {
        for (key, bytes) in files(of: document, at: key) {
            _ = try await store.write(bytes, to: key, .overwrite)
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
