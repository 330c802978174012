/// Regenerates a package's maven-metadata.xml in the backup from its manifests, so that the tree stays a plain Maven
/// repository.
///
/// The artifact level names the versions whose newest manifest says Published, as the service does; builds of a
/// snapshot and withdrawn versions can still be asked for by name. The documents depend on the manifests alone:
/// whoever writes them last writes the same.
package struct MetadataPublisher: Sendable {
    private let store: any ObjectStore
    private let layout: BackupLayout
    private let digest: DigestFunction
    private let clock: any RunClock

    package init(
        store: any ObjectStore,
        layout: BackupLayout,
        digest: @escaping DigestFunction,
        clock: any RunClock
    ) {
        self.store = store
        self.layout = layout
        self.digest = digest
        self.clock = clock
    }

    private var catalog: BackupCatalog { BackupCatalog(store: store, layout: layout, clock: clock) }

    // MARK: The package's document

    /// Writes the artifact-level document of a package with its checksum files; nothing when it has no Published
    /// version and never had a document.
    ///
    /// - Parameter pending: a record that is about to be committed, its bytes stored: counted as if it were.
    /// - Throws: a `conflict` failure where a file of the package's first document is an asset of another package.
    package func publish(_ package: PackageCoordinates, adding pending: ManifestRecord? = nil) async throws {
        let records = try await newestRecords(of: package, adding: pending)
        guard let document = try await document(of: package, records) else { return }
        let key = layout.metadataKey(of: package)
        // The files are the package's own as soon as one of its records is there.
        guard pending != nil, records.count == 1, records[0] == pending else {
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
        guard let dot = package.namespace.lastIndex(of: "."), file != layout.metadataKey(of: package) else { return }
        let version = VersionCoordinates(
            package: PackageCoordinates(
                repository: package.repository,
                namespace: String(package.namespace[..<dot]),
                name: String(package.namespace[package.namespace.index(after: dot)...])
            ),
            version: package.name
        )
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
    ///
    /// - Parameter committed: the record of that commit, which a plan's store does not list.
    package func settle(_ package: PackageCoordinates, adding committed: ManifestRecord? = nil) async throws {
        try await settle(layout.metadataKey(of: package)) {
            try await document(of: package, newestRecords(of: package, adding: committed))
        }
    }

    /// The newest record of each version.
    private func newestRecords(
        of package: PackageCoordinates,
        adding pending: ManifestRecord?
    ) async throws -> [ManifestRecord] {
        var newest: [ExactText: ManifestRecord] = [:]
        func add(_ record: ManifestRecord) {
            let version = ExactText(record.coordinates.version)
            if let known = newest[version], record.isOlder(than: known) { return }
            newest[version] = record
        }
        if let pending { add(pending) }
        let reader = catalog.reader
        try await store.forEachObject(under: layout.manifestsPrefix(of: package)) { object in
            if let record = layout.record(at: object.key), reader.isTimely(record.recordedAt) { add(record) }
        }
        return Array(newest.values)
    }

    private func document(of package: PackageCoordinates, _ records: [ManifestRecord]) async throws -> [UInt8]? {
        guard let document = MavenMetadata.artifactLevel(of: package, records: records) else { return nil }
        if document.versions.isEmpty {
            let stored = try await store.read(layout.metadataKey(of: package), limit: MavenMetadata.maximumBytes)
            if stored == nil { return nil }
        }
        return document.render()
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
        for record in try await newestRecords(of: package, adding: nil)
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
    private func files(of document: [UInt8], at key: ObjectKey) -> [(key: ObjectKey, bytes: [UInt8])] {
        [(key, document)]
            + ChecksumAlgorithm.ofDocuments.map { algorithm in
                (key.checksumFile(algorithm), Array(digest(document, algorithm).utf8))
            }
    }
}
