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
        var newest: [ExactText: ManifestRecord] = [:]
        try await store.forEachObject(under: layout.manifestsPrefix(of: package)) { object in
            guard let record = layout.record(at: object.key) else { return }
            let version = ExactText(record.coordinates.version)
            guard let known = newest[version] else {
                newest[version] = record
                return
            }
            if ExactText(known.fileName) < ExactText(record.fileName) { newest[version] = record }
        }
        if let pending { newest[ExactText(pending.coordinates.version)] = pending }
        let published = newest.values.filter { $0.status == .published }
        guard let lastUpdated = newest.values.map(\.recordedAt).max() else { return }
        if published.isEmpty, try await store.read(layout.metadataKey(of: package), limit: 16 << 20) == nil { return }
        let metadata = MavenMetadata.artifactLevel(
            groupID: package.namespace,
            artifactID: package.name,
            versions: published.map(\.coordinates.version),
            lastUpdated: lastUpdated.maven
        )
        try await write(metadata, to: layout.metadataKey(of: package))
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
        try await write(metadata, to: layout.metadataKey(ofSnapshot: manifest.coordinates))
    }

    private func write(_ metadata: MavenMetadata, to key: ObjectKey) async throws {
        let bytes = metadata.render()
        _ = try await store.write(bytes, to: key, .overwrite)
        for algorithm in SidecarAlgorithm.allCases {
            let sidecar = Array(digest(bytes, algorithm).utf8)
            _ = try await store.write(sidecar, to: ObjectKey("\(key).\(algorithm.rawValue)"), .overwrite)
        }
    }
}
