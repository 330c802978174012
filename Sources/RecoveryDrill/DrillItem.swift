package import ReconcileCore

/// One file to restore in a drill: what its record says about it, and how a client requests it.
package struct DrillItem: Hashable, Sendable {
    package let version: VersionCoordinates
    package let stored: Manifest.StoredAsset
    /// Nil for a file that Maven clients cannot request.
    package let file: MavenFile?

    package init(_ stored: Manifest.StoredAsset, of version: VersionCoordinates) {
        self.version = version
        self.stored = stored
        file = MavenFile(stored.asset.name, of: version)
    }

    package var place: Place { Place(version.package, version: version.version, asset: stored.asset.name) }

    /// Whether this is the POM of another file's version.
    func isPOM(of other: DrillItem) -> Bool {
        version.exact == other.version.exact && file?.fileExtension == "pom" && file?.classifier == nil
    }
}

/// A version that a client requests without naming a file, by a version range or as a changing snapshot. To resolve it,
/// the client needs the maven-metadata.xml of the package or of the snapshot.
package struct DrillUse: Hashable, Sendable {
    package let version: VersionCoordinates
    /// The file that the client requests; it has no classifier.
    package let file: MavenFile

    /// Nil if no metadata lists the version, or if it has no such file.
    package init?(_ manifest: Manifest) {
        let files = manifest.assets.compactMap { MavenFile($0.asset.name, of: manifest.coordinates) }
            .filter { $0.classifier == nil && ["jar", "pom"].contains($0.fileExtension) }
        guard manifest.status == .published, SnapshotBuild(manifest.coordinates.version) == nil,
            let file = files.first(where: { $0.fileExtension == "jar" }) ?? files.first
        else { return nil }
        version = manifest.coordinates
        self.file = file
    }

    /// The requested version: `[1.0]`, or `1.0-SNAPSHOT`.
    var wanted: String { version.isSnapshot ? version.version : "[\(version.version)]" }
}

/// The result of a client's requests for files.
package struct DrillFetch: Sendable {
    /// The paths of files that came from the backup.
    package var paths: [DrillItem: String] = [:]
    /// Files that the client already had from another source: it only asked the backup whether they exist, and
    /// downloaded nothing.
    package var elsewhere: Set<DrillItem> = []
    /// The client's reasons for files that did not come.
    package var reasons: [DrillItem: String] = [:]
    /// Files that the client did not get to, and why.
    package var untried: [DrillItem: String] = [:]
    /// The client's reasons for versions that it could not resolve.
    package var unresolved: [DrillUse: String] = [:]
    /// The number of versions that it resolved.
    package var resolved = 0
    package var commands: [DrillReport.Command] = []

    package init() {}

    /// Whether a POM that came sends the client to other coordinates.
    func isRelocated(_ pom: DrillItem) -> Bool { paths[pom].flatMap(Scratch.read)?.contains("<relocation>") ?? false }

    /// Whether the client was done without the file, and without a reason.
    func passesOver(_ item: DrillItem) -> Bool {
        paths[item] == nil && !elsewhere.contains(item) && reasons[item] == nil && untried[item] == nil
    }

    /// Whether the client reports that something does not exist. That is never the item itself: the server refuses a
    /// file that is recorded but cannot be served, or cuts it off.
    func lacksAnother(for item: DrillItem) -> Bool {
        let words = ["Could not find ", "was not found in "]
        return reasons[item].map { reason in words.contains { reason.contains($0) } } ?? false
    }
}

/// A client that resolves files from the backup as a build does.
package protocol DrillClient: Sendable {
    /// The name in the evidence: `mvn`, `gradle` or `none`.
    var name: String { get }

    /// Returns the versions of the client's programs, by name.
    func tools() async throws -> [String: String]

    /// Fetches files of one repository into an empty folder.
    ///
    /// - Parameters:
    ///   - address: the URL of the repository, with a trailing slash; the only source of the files.
    ///   - folder: exists and is empty.
    /// - Throws: `ToolFailure` if the client cannot work at all; `CancellationError` when it is stopped.
    func fetch(_ items: [DrillItem], using uses: [DrillUse], from address: String, into folder: String) async throws
        -> DrillFetch
}
