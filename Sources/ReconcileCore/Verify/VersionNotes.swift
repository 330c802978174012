/// Versions that a verification warns of, although nothing is wrong with their records.
struct VersionNotes: Sendable {
    /// Published snapshots whose record keeps nothing of the source's document.
    private(set) var undocumented = FirstVersions()
    /// Archived or disposed of before any file was stored.
    private(set) var unavailable = FirstVersions()

    /// Takes in the newest record of a version.
    mutating func note(_ manifest: Manifest) {
        let version = manifest.coordinates
        if manifest.isUnavailable { unavailable.add(version) }
        if manifest.status == .published, version.isSnapshot, manifest.documents.snapshot == nil {
            undocumented.add(version)
        }
    }

    mutating func add(_ others: VersionNotes) {
        undocumented.add(others.undocumented)
        unavailable.add(others.unavailable)
    }

    var warnings: [String] {
        let snapshots = undocumented.names.map {
            "\($0): the snapshot's \(MavenMetadata.fileName) was not backed up, so clients cannot find the files that "
                + "only older builds have. To back it up, run with --metadata always"
        }
        return [snapshots, unavailable.names.map { "\($0): \(Manifest.unavailableAdvice)" }].compactMap(\.self)
    }
}
