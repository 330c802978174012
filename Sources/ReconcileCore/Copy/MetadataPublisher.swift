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

    package init(store: any ObjectStore, layout: BackupLayout, digest: @escaping DigestFunction) {
        self.store = store
        self.layout = layout
        self.digest = digest
    }

    /// Writes the artifact-level document of a package with its checksum files; nothing when it has no Published
    /// version and never had a document.
    ///
    /// - Parameter pending: a record that is about to be committed, its bytes stored: counted as if it were.
    package func publish(_ package: PackageCoordinates, adding pending: ManifestRecord? = nil) async throws {
        guard let document = try await document(of: package, adding: pending) else { return }
        try await write(document, to: layout.metadataKey(of: package))
    }

    /// Sees to it after a commit that document and checksum files say what the manifests say, whoever else writes.
    ///
    /// What is stored is read after the manifests were listed, and whoever writes lists and reads again. So of any
    /// number of writers the one whose write was the last has listed after it, and a writer that commits later than
    /// that list finds by its own reading what is missing. Only a writer that ends between its write and its next
    /// list can leave an older document behind, until the package's next drift or `--metadata always`.
    package func settle(_ package: PackageCoordinates, adding committed: ManifestRecord? = nil) async throws {
        let key = layout.metadataKey(of: package)
        for _ in 1...Self.rounds {
            guard let document = try await document(of: package, adding: committed) else { return }
            if try await isStored(document, under: key) { return }
            try await write(document, to: key)
        }
    }

    /// A package in which others commit more often than this while one writer looks has one of them look last.
    private static let rounds = 20

    /// The document as the manifests want it; nil for none.
    private func document(of package: PackageCoordinates, adding pending: ManifestRecord?) async throws -> [UInt8]? {
        var newest: [ExactText: ManifestRecord] = [:]
        func add(_ record: ManifestRecord) {
            let version = ExactText(record.coordinates.version)
            if let known = newest[version], ExactText(record.fileName) < ExactText(known.fileName) { return }
            newest[version] = record
        }
        if let pending { add(pending) }
        try await store.forEachObject(under: layout.manifestsPrefix(of: package)) { object in
            if let record = layout.record(at: object.key) { add(record) }
        }
        guard let lastUpdated = newest.values.map(\.recordedAt).max() else { return nil }
        let versions = newest.values.filter { $0.status == .published }.map(\.coordinates.version)
        if versions.isEmpty, try await store.read(layout.metadataKey(of: package), limit: 16 << 20) == nil {
            return nil
        }
        return MavenMetadata.artifactLevel(
            groupID: package.namespace,
            artifactID: package.name,
            versions: versions,
            lastUpdated: lastUpdated.maven
        ).render()
    }

    /// Writes the document of a Published `-SNAPSHOT` version from the assets of its newest build; nothing for other
    /// versions, nor where the source itself lists such an asset, whose bytes then stand.
    package func publishSnapshot(_ manifest: Manifest) async throws {
        guard manifest.status == .published, manifest.coordinates.version.hasSuffix("-SNAPSHOT") else { return }
        let names = manifest.assets.map(\.asset.name)
        guard !names.contains(MavenMetadata.fileName),
            let metadata = MavenMetadata.snapshotLevel(
                groupID: manifest.coordinates.package.namespace,
                artifactID: manifest.coordinates.package.name,
                version: manifest.coordinates.version,
                assetNames: names,
                lastUpdated: manifest.recordedAt.maven
            )
        else { return }
        try await write(metadata.render(), to: layout.metadataKey(ofSnapshot: manifest.coordinates))
    }

    private func isStored(_ bytes: [UInt8], under key: ObjectKey) async throws -> Bool {
        for (key, bytes) in files(bytes, key) {
            guard try await store.holds(bytes, at: key) else { return false }
        }
        return true
    }

    private func write(_ bytes: [UInt8], to key: ObjectKey) async throws {
        for (key, bytes) in files(bytes, key) {
            _ = try await store.write(bytes, to: key, .overwrite)
        }
    }

    /// A document and its checksum files.
    private func files(_ bytes: [UInt8], _ key: ObjectKey) -> [(ObjectKey, [UInt8])] {
        [(key, bytes)]
            + SidecarAlgorithm.allCases.map { algorithm in
                (ObjectKey("\(key).\(algorithm.rawValue)"), Array(digest(bytes, algorithm).utf8))
            }
    }
}
