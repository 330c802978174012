/// The documents that follow from what a backup knows: whoever makes one from the same records makes the same bytes.
extension MavenMetadata {
    /// A package's document: the versions that are Published, as the service lists them to clients; nil without records.
    ///
    /// - Parameter records: the newest one of each version. The newest of all gives `lastUpdated`.
    package static func artifactLevel(
        of package: PackageCoordinates,
        records: some Sequence<ManifestRecord>
    ) -> MavenMetadata? {
        guard let lastUpdated = records.lazy.map(\.recordedAt).max() else { return nil }
        return artifactLevel(
            groupID: package.namespace,
            artifactID: package.name,
            versions: records.filter { $0.status == .published }.map(\.coordinates.version),
            lastUpdated: lastUpdated.maven
        )
    }

    /// The document of a folder: of its package, of the plugins of its group, or of both; nil if there is nothing recorded
    /// of either.
    ///
    /// - Parameters:
    ///   - records: the newest one of each version of the folder's package.
    ///   - plugins: those of its group.
    static func folderLevel(
        _ folder: DocumentFolder,
        records: some Sequence<ManifestRecord>,
        plugins: BackupCatalog.GroupPlugins
    ) -> MavenMetadata? {
        var document = folder.package.flatMap { artifactLevel(of: $0, records: records) }
        if plugins.lastRecorded != nil { document = document ?? MavenMetadata() }
        document?.plugins = plugins.plugins
        return document
    }

    /// The document of a `-SNAPSHOT` version: what the source's own says of files that the backup has, and the assets of
    /// its newest build that the source's does not name; nil for other versions, and if neither names a file.
    ///
    /// - Parameter older: the asset names of `manifest.olderBuilds`, of builds whose bytes clients may have.
    package static func snapshotLevel(of manifest: Manifest, with older: Set<ExactText>) -> MavenMetadata? {
        guard manifest.coordinates.isSnapshot else { return nil }
        let package = manifest.coordinates.package
        let made = snapshotLevel(
            groupID: package.namespace,
            artifactID: package.name,
            version: manifest.coordinates.version,
            assetNames: manifest.assets.map(\.asset.name),
            lastUpdated: manifest.recordedAt.maven
        )
        let files = manifest.recordedFiles.filter { $0.isOwn || older.contains($0.name) }
        guard let recorded = manifest.documents.snapshot, !files.isEmpty else { return made }

        var newest = Dictionary(files.map { ($0.file.kind, $0.file) }) { $1 }
        let named = Set(files.map(\.name))
        for file in made?.snapshotVersions ?? []
        where !named.contains(ExactText(file.fileName(artifactID: package.name))) {
            if let known = newest[file.kind]?.build, let build = file.build, known >= build { continue }
            newest[file.kind] = file
        }
        // The version's own assets belong to the newest build, whatever the build's clock said.
        let builds = (made?.snapshotVersions ?? Array(newest.values)).compactMap(\.build)
        let latest = builds.first { recorded.isNewest($0) } ?? builds.max()
        return MavenMetadata(
            groupID: package.namespace,
            artifactID: package.name,
            version: manifest.coordinates.version,
            lastUpdated: manifest.recordedAt.maven,
            snapshot: latest.map { Snapshot(timestamp: $0.timestamp, buildNumber: $0.buildNumber) },
            snapshotVersions: newest.values.sorted { $0.isOrdered(before: $1) }
        )
    }
}

extension MavenMetadata {
    /// Whether a folder's document has no version and no plugin to name.
    var namesNothing: Bool { versions.isEmpty && plugins.isEmpty }
}

extension Manifest {
    /// The builds whose files the source's document names in addition to the version's own assets.
    package var olderBuilds: [String] {
        Set(recordedFiles.filter { !$0.isOwn }.map { ExactText($0.file.value) }).sorted().map(\.value)
    }

    /// What the source's document names, and whether it is one of the version's own assets.
    fileprivate var recordedFiles: [(file: MavenMetadata.SnapshotVersion, name: ExactText, isOwn: Bool)] {
        guard let snapshot = documents.snapshot else { return [] }
        let own = Set(assets.map { ExactText($0.asset.name) })
        return snapshot.files.map { file in
            let name = ExactText(file.fileName(artifactID: coordinates.package.name))
            return (file, name, own.contains(name))
        }
    }

    /// The names of its assets, as `MavenMetadata.snapshotLevel(of:with:)` takes those of older builds; none if clients
    /// may not have their bytes.
    package var namesForClients: Set<ExactText> {
        status.isDownloadable ? Set(assets.map { ExactText($0.asset.name) }) : []
    }
}
