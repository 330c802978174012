/// Documents generated from a backup's records alone: the same records always produce the same bytes.
extension MavenMetadata {
    /// A package's document, with the Published versions, as the service lists them to clients; nil if there are no
    /// records.
    ///
    /// - Parameter records: the newest record of each version. The newest of all gives `lastUpdated`.
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

    /// A folder's document, for its package, its group's plugins, or both; nil if nothing is recorded for either.
    ///
    /// - Parameters:
    ///   - records: the newest record of each version of the folder's package.
    ///   - plugins: the plugins of its group.
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

    /// The document of a `-SNAPSHOT` version: the files in the source's document that the backup has, plus the assets
    /// of its newest build that the source's document doesn't name. Nil for other versions, and if there are no such
    /// files.
    ///
    /// - Parameter older: the asset names of those of `manifest.olderBuilds` whose bytes clients may have.
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
        // The version's own assets belong to the newest build, whatever the time in its name.
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
    /// Whether a folder's document has neither versions nor plugins.
    var namesNothing: Bool { versions.isEmpty && plugins.isEmpty }
}

extension Manifest {
    /// The builds whose files the source's document names in addition to the version's own assets.
    package var olderBuilds: [String] {
        Set(recordedFiles.filter { !$0.isOwn }.map { ExactText($0.file.value) }).sorted().map(\.value)
    }

    /// The files that the source's document names, and whether each is one of the version's own assets.
    fileprivate var recordedFiles: [(file: MavenMetadata.SnapshotVersion, name: ExactText, isOwn: Bool)] {
        guard let snapshot = documents.snapshot else { return [] }
        let own = Set(assets.map { ExactText($0.asset.name) })
        return snapshot.files.map { file in
            let name = ExactText(file.fileName(artifactID: coordinates.package.name))
            return (file, name, own.contains(name))
        }
    }

    /// The names of its assets, for `MavenMetadata.snapshotLevel(of:with:)`; empty if clients may not have their bytes.
    package var namesForClients: Set<ExactText> {
        status.isDownloadable ? Set(assets.map { ExactText($0.asset.name) }) : []
    }
}
