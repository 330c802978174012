/// The content of a maven-metadata.xml at one of its three levels: artifact, snapshot build, plugin group.
///
/// The fields that are set show the level: `versions` at the artifact level, `snapshot` and `snapshotVersions` in a
/// `-SNAPSHOT` directory, `plugins` at the group level. Absent elements are nil or empty. Field names are Maven's
/// (repository metadata model 1.1.0).
package struct MavenMetadata: Hashable, Sendable {
    /// The name of the document at every level.
    package static let fileName = "maven-metadata.xml"
    /// Whether a file has the name of a document, or of one of its checksum files.
    static func isDocumentFile(_ name: String) -> Bool {
        name == fileName || ChecksumAlgorithm.ofDocuments.contains { name == $0.fileName(of: fileName) }
    }
    /// The largest document to read, in bytes; one for a package with 200,000 versions fits.
    package static let maximumBytes = 16 << 20

    package var groupID: String?
    package var artifactID: String?
    /// The `-SNAPSHOT` version that snapshot-level metadata describes.
    package var version: String?
    package var latest: String?
    package var release: String?
    /// In the document's order.
    package var versions: [String]
    /// UTC, `yyyyMMddHHmmss`, unparsed.
    package var lastUpdated: String?
    package var snapshot: Snapshot?
    package var snapshotVersions: [SnapshotVersion]
    package var plugins: [Plugin]

    /// The newest build of a snapshot.
    package struct Snapshot: Hashable, Sendable {
        /// UTC, `yyyyMMdd.HHmmss`.
        package var timestamp: String?
        package var buildNumber: Int?
        package var localCopy: Bool

        package init(timestamp: String?, buildNumber: Int?, localCopy: Bool = false) {
            self.timestamp = timestamp
            self.buildNumber = buildNumber
            self.localCopy = localCopy
        }
    }

    /// The newest file of a snapshot for one classifier and extension.
    package struct SnapshotVersion: Hashable, Sendable {
        package var classifier: String?
        package var fileExtension: String
        /// The build version, such as `1.0-20210728.194552-1`.
        package var value: String
        package var updated: String?

        package init(classifier: String?, fileExtension: String, value: String, updated: String?) {
            self.classifier = classifier
            self.fileExtension = fileExtension
            self.value = value
            self.updated = updated
        }
    }

    /// A Maven plugin of a group.
    package struct Plugin: Hashable, Sendable {
        package var name: String?
        package var prefix: String
        package var artifactID: String

        package init(name: String?, prefix: String, artifactID: String) {
            self.name = name
            self.prefix = prefix
            self.artifactID = artifactID
        }
    }

    package init(
        groupID: String? = nil,
        artifactID: String? = nil,
        version: String? = nil,
        latest: String? = nil,
        release: String? = nil,
        versions: [String] = [],
        lastUpdated: String? = nil,
        snapshot: Snapshot? = nil,
        snapshotVersions: [SnapshotVersion] = [],
        plugins: [Plugin] = []
    ) {
        self.groupID = groupID
        self.artifactID = artifactID
        self.version = version
        self.latest = latest
        self.release = release
        self.versions = versions
        self.lastUpdated = lastUpdated
        self.snapshot = snapshot
        self.snapshotVersions = snapshotVersions
        self.plugins = plugins
    }
}
