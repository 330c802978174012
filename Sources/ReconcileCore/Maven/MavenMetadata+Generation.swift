/// Documents generated from names alone: for a package's versions and for a snapshot's files.
extension MavenMetadata {
    /// Artifact-level metadata for the given versions, each listed once, in Maven's order.
    ///
    /// `latest` is the highest version, `release` the highest that is not a snapshot. Versions that are equal in
    /// Maven's order are sorted by the bytes of their spelling, so the result doesn't depend on the input order.
    /// `lastUpdated` is UTC, `yyyyMMddHHmmss`.
    package static func artifactLevel(
        groupID: String,
        artifactID: String,
        versions: some Sequence<String>,
        lastUpdated: String?
    ) -> MavenMetadata {
        let spellings = Set(versions.map(ExactText.init)).sorted()
        let ordered = spellings.map { MavenVersion($0.value) }.sorted { left, right in
            left == right ? ExactText(left.description) < ExactText(right.description) : left < right
        }
        return MavenMetadata(
            groupID: groupID,
            artifactID: artifactID,
            latest: ordered.last?.description,
            release: ordered.last { !$0.isSnapshot }?.description,
            versions: ordered.map(\.description),
            lastUpdated: lastUpdated
        )
    }

    /// Snapshot-level metadata from the names of a snapshot's files; nil if no name is that of a build.
    ///
    /// `version` is `1.0-SNAPSHOT` or a build of it. `snapshot` names the newest build; for each classifier and
    /// extension, the newest file is listed. Checksum files and names that aren't those of a build are skipped. If
    /// `lastUpdated` is nil, the newest build's time is used.
    package static func snapshotLevel(
        groupID: String,
        artifactID: String,
        version: String,
        assetNames: some Sequence<String>,
        lastUpdated: String? = nil
    ) -> MavenMetadata? {
        guard let base = VersionName(version).snapshotBase ?? SnapshotBuild(version)?.base else { return nil }
        let files = assetNames.compactMap { SnapshotFile($0, artifactID: artifactID, base: base) }
        guard let newest = files.map(\.build).max() else { return nil }

        var newestFiles: [[String?]: SnapshotFile] = [:]
        for file in files {
            let kind = [file.classifier, file.fileExtension]
            if let known = newestFiles[kind], known.build >= file.build { continue }
            newestFiles[kind] = file
        }
        let ordered = newestFiles.values.sorted {
            ($0.classifier ?? "", $0.fileExtension) < ($1.classifier ?? "", $1.fileExtension)
        }
        return MavenMetadata(
            groupID: groupID,
            artifactID: artifactID,
            version: newest.snapshotVersion,
            lastUpdated: lastUpdated ?? newest.updated,
            snapshot: Snapshot(timestamp: newest.timestamp, buildNumber: newest.buildNumber),
            snapshotVersions: ordered.map {
                SnapshotVersion(
                    classifier: $0.classifier,
                    fileExtension: $0.fileExtension,
                    value: $0.value,
                    updated: $0.build.updated
                )
            }
        )
    }
}
