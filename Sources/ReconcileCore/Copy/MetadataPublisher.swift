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
    /// - Parameters:
    ///   - pending: a record that is about to be committed, its bytes stored: counted as if it were.
    ///   - published: a document that is not written again.
    /// - Returns: the document as it is now to be; nil for none.
    @discardableResult
    package func publish(
        _ package: PackageCoordinates,
        adding pending: ManifestRecord? = nil,
        unless published: [UInt8]? = nil
    ) async throws -> [UInt8]? {
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
        let key = layout.metadataKey(of: package)
        if versions.isEmpty, try await store.read(key, limit: 16 << 20) == nil { return nil }
        let document = MavenMetadata.artifactLevel(
            groupID: package.namespace,
            artifactID: package.name,
            versions: versions,
            lastUpdated: lastUpdated.maven
        ).render()
        if document != published { try await write(document, to: key) }
        return document
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

    private func write(_ bytes: [UInt8], to key: ObjectKey) async throws {
        _ = try await store.write(bytes, to: key, .overwrite)
        for algorithm in SidecarAlgorithm.allCases {
            let sidecar = Array(digest(bytes, algorithm).utf8)
            _ = try await store.write(sidecar, to: ObjectKey("\(key).\(algorithm.rawValue)"), .overwrite)
        }
    }
}
