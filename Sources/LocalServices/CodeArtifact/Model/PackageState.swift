import ReconcileCore

/// The coordinates of a package inside one repository.
struct PackageKey: Hashable, Sendable, Comparable {
    let format: String
    /// Empty if the format has none.
    let namespace: String
    let name: String

    init(format: String = "maven", namespace: String, name: String) {
        (self.format, self.namespace, self.name) = (format, namespace, name)
    }

    /// The group that corresponds to the package's own directory.
    var group: String { namespace.isEmpty ? name : "\(namespace).\(name)" }

    static func < (left: PackageKey, right: PackageKey) -> Bool {
        (left.namespace, left.name, left.format) < (right.namespace, right.name, right.format)
    }
}

/// Where a version entered the domain.
struct EntryPoint: Hashable, Sendable {
    /// The name of a repository or, if the origin is `external`, of an external connection.
    let name: String
    let origin: VersionOrigin
}

/// One asset of a version.
struct StoredAsset: Hashable, Sendable {
    let name: String
    let content: AssetContent
}

/// One version of a package.
struct VersionState: Sendable {
    var status: VersionStatus
    /// Base64 of 32 bytes, which will at times contain `/`, `+` and `=`.
    var revision: String
    /// Nil if answers leave the member out, as the service does for some old versions.
    var origin: EntryPoint?
    /// Seconds since 1970; nil until the version is published.
    var publishedTime: Double?
    /// In the order in which they were added.
    var assets: [StoredAsset]
    /// Assets with a wrong uploaded checksum; while there are any, metadata cannot publish the version.
    var disputed: Set<String> = []
    /// For a snapshot, the document that last published it.
    var document: MavenMetadata?

    func asset(_ name: String) -> StoredAsset? { assets.first { $0.name == name } }
}

/// One package of a repository and all its versions.
struct PackageState: Sendable {
    var controls: OriginControls
    var versions: [String: VersionState] = [:]

    /// The most recently published version, which the service calls the default.
    var defaultDisplayVersion: String? {
        versions
            .filter { $0.value.status == .published }
            .max { ($0.value.publishedTime ?? 0, $0.key) < ($1.value.publishedTime ?? 0, $1.key) }?
            .key
    }
}
