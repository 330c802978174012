import ReconcileCore

/// File names in a snapshot's directory, each of which contains the version of its build.
enum SnapshotNames {
    /// The build version in a file name from the directory of `snapshot`; nil if the name has a different form.
    static func buildVersion(of file: String, artifact: String, snapshot: String) -> String? {
        MavenMetadata.snapshotLevel(groupID: "", artifactID: artifact, version: snapshot, assetNames: [file])?
            .snapshotVersions.first?.value
    }
}
