import ReconcileCore

/// The coordinates of a package inside one repository.
struct PackageKey: Hashable, Sendable, Comparable {
    let format: String
    /// Empty where the format has none.
    let namespace: String
    let name: String

    init(format: String = "maven", namespace: String, name: String) {
        (self.format, self.namespace, self.name) = (format, namespace, name)
    }

    /// The group whose folder the package's folder is.
    var group: String { namespace.isEmpty ? name : "\(namespace).\(name)" }

    static func < (left: PackageKey, right: PackageKey) -> Bool {
        (left.namespace, left.name, left.format) < (right.namespace, right.name, right.format)
    }
}

/// Where a version entered the domain.
struct EntryPoint: Hashable, Sendable {
    /// A repository's name or, for `external`, an external connection's.
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
    /// Base64 of 32 bytes: it has `/`, `+` and `=` in it sooner or later.
    var revision: String
    /// Nil where the service leaves the member out, as it does for some old versions.
    var origin: EntryPoint?
    /// Seconds since 1970; nil before the version was published.
    var publishedTime: Double?
    /// In the order they came.
    var assets: [StoredAsset]
    /// Assets whose uploaded checksum did not match: while there is one, metadata cannot publish the version.
    var disputed: Set<String> = []
    /// For a snapshot, the document that published it last.
    var document: MavenMetadata?

    func asset(_ name: String) -> StoredAsset? { assets.first { $0.name == name } }
}

/// One package of a repository and all its versions.
struct PackageState: Sendable {
    var controls: OriginControls
    var versions: [String: VersionState] = [:]

    /// The version most recently published, which the service calls the default one.
    var defaultDisplayVersion: String? {
        versions
            .filter { $0.value.status == .published }
            .max { ($0.value.publishedTime ?? 0, $0.key) < ($1.value.publishedTime ?? 0, $1.key) }?
            .key
    }
}
