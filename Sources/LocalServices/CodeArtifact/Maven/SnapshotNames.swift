import ReconcileCore

/// The names under a snapshot's directory, where each file says in its name which build it belongs to.
enum SnapshotNames {
    /// The build version that a file name in the directory of `snapshot` names; nil for a name of another form.
    static func buildVersion(of file: String, artifact: String, snapshot: String) -> String? {
        MavenMetadata.snapshotLevel(groupID: "", artifactID: artifact, version: snapshot, assetNames: [file])?
            .snapshotVersions.first?.value
    }
}
