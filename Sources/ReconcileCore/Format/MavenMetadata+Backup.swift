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

    /// The document of a `-SNAPSHOT` version, from the assets of its newest build; nil for other versions, and where no
    /// asset is that of a build.
    package static func snapshotLevel(of manifest: Manifest) -> MavenMetadata? {
        guard manifest.coordinates.isSnapshot else { return nil }
        return snapshotLevel(
            groupID: manifest.coordinates.package.namespace,
            artifactID: manifest.coordinates.package.name,
            version: manifest.coordinates.version,
            assetNames: manifest.assets.map(\.asset.name),
            lastUpdated: manifest.recordedAt.maven
        )
    }
}
