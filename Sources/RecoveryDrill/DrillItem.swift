package import ReconcileCore

/// One file that a drill wants back: what its record says of it, and what a client asks for it by.
package struct DrillItem: Hashable, Sendable {
    package let version: VersionCoordinates
    package let stored: Manifest.StoredAsset
    /// Nil for a file that no Maven client can ask for.
    package let file: MavenFile?

    package init(_ stored: Manifest.StoredAsset, of version: VersionCoordinates) {
        self.version = version
        self.stored = stored
        file = MavenFile(stored.asset.name, of: version)
    }

    package var place: Place { Place(version.package, version: version.version, asset: stored.asset.name) }
}

/// A version that a client asks for without naming a file: by a range, or as a changing snapshot. That takes the document
/// of the package or of the snapshot.
package struct DrillUse: Hashable, Sendable {
    package let version: VersionCoordinates
    /// The file that the client asks for, without a classifier.
    package let file: MavenFile

    /// Nil for a version that no document names, or that has no such file.
    package init?(_ manifest: Manifest) {
        let files = manifest.assets.compactMap { MavenFile($0.asset.name, of: manifest.coordinates) }
            .filter { $0.classifier == nil && ["jar", "pom"].contains($0.fileExtension) }
        guard manifest.status == .published, SnapshotBuild(manifest.coordinates.version) == nil,
            let file = files.first(where: { $0.fileExtension == "jar" }) ?? files.first
        else { return nil }
        version = manifest.coordinates
        self.file = file
    }

    /// `[1.0]`, or `1.0-SNAPSHOT`.
    var wanted: String { version.isSnapshot ? version.version : "[\(version.version)]" }
}

/// What a client made of a request for files.
package struct DrillFetch: Sendable {
    /// Where the files are that came from the backup.
    package var paths: [DrillItem: String] = [:]
    /// Files that the client has from another source than the backup: it asked there whether they exist, and for no byte.
    package var elsewhere: Set<DrillItem> = []
    /// What the client said of files that did not come.
    package var reasons: [DrillItem: String] = [:]
    /// Files that the client did not come to, and why.
    package var untried: [DrillItem: String] = [:]
    /// What the client said of versions that it could not resolve.
    package var unresolved: [DrillUse: String] = [:]
    /// Versions that it resolved.
    package var resolved = 0
    package var commands: [DrillReport.Command] = []

    package init() {}

    /// Whether the client says that something is not there at all. What the backup has a record of is never so: it is
    /// refused or cut off where it cannot be given.
    func lacksAnother(for item: DrillItem) -> Bool {
        let words = ["Could not find ", "was not found in "]
        return reasons[item].map { reason in words.contains { reason.contains($0) } } ?? false
    }
}

/// Resolves files from the backup as a build does.
package protocol DrillClient: Sendable {
    /// `mvn`, `gradle` or `none`, as evidence names it.
    var name: String { get }

    /// The versions of the programs that it consists of, by name.
    func tools() async throws -> [String: String]

    /// Fetches files of one repository into an empty folder.
    ///
    /// - Parameters:
    ///   - address: of the repository, ending in a slash; the one source of the files.
    ///   - folder: exists, and is empty.
    /// - Throws: `ToolFailure` where the client cannot work at all; `CancellationError` when it is stopped.
    func fetch(_ items: [DrillItem], using uses: [DrillUse], from address: String, into folder: String) async throws
        -> DrillFetch
}
