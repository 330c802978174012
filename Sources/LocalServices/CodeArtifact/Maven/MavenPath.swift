import ReconcileCore

/// The meaning of a path below a repository's Maven endpoint.
enum MavenPath: Hashable, Sendable {
    /// `{group}/{artifact}/maven-metadata.xml`, or that of a plugin group: only the content distinguishes them. If there
    /// is such a release, the path may also name one of its assets.
    case metadata(PackageKey, release: Release?, checksum: String?)
    /// `{group}/{artifact}/{version}-SNAPSHOT/maven-metadata.xml`
    case snapshotMetadata(PackageKey, version: String, checksum: String?)
    /// A file of a version. For a timestamped file in a snapshot's directory, `version` is that of the build.
    case asset(PackageKey, version: String, name: String, checksum: String?)
    /// A file in a snapshot's directory whose name is not that of one of its builds.
    case misnamed(PackageKey, version: String, name: String, checksum: String?)

    /// The version to which a directory may belong.
    struct Release: Hashable, Sendable {
        let package: PackageKey
        let version: String
    }

    /// Nil when the path is too short or has an empty segment.
    init?(_ segments: [String]) {
        guard segments.count >= 2, segments.allSatisfy({ !$0.isEmpty }), let last = segments.last else { return nil }
        let (name, checksum) = Self.split(last)
        let directory = Array(segments.dropLast())
        if name == "maven-metadata.xml" {
            if directory.count >= 3, VersionName(directory[directory.count - 1]).isSnapshot {
                let key = Self.key(directory.dropLast())
                self = .snapshotMetadata(key, version: directory[directory.count - 1], checksum: checksum)
            } else {
                let release = Release(package: Self.key(directory.dropLast()), version: directory.last ?? "")
                self = .metadata(
                    Self.key(directory[...]),
                    release: directory.count >= 3 ? release : nil,
                    checksum: checksum
                )
            }
            return
        }
        guard directory.count >= 3 else { return nil }
        let version = directory[directory.count - 1]
        let key = Self.key(directory.dropLast())
        guard VersionName(version).isSnapshot else {
            self = .asset(key, version: version, name: name, checksum: checksum)
            return
        }
        if let build = SnapshotNames.buildVersion(of: name, artifact: key.name, snapshot: version) {
            self = .asset(key, version: build, name: name, checksum: checksum)
        } else {
            self = .misnamed(key, version: version, name: name, checksum: checksum)
        }
    }

    private static func key(_ segments: ArraySlice<String>) -> PackageKey {
        PackageKey(namespace: segments.dropLast().joined(separator: "."), name: segments.last ?? "")
    }

    /// Splits the extension of a checksum file off a name.
    private static func split(_ name: String) -> (name: String, checksum: String?) {
        ChecksumAlgorithm.split(name).map { ($0.file, $0.algorithm.fileExtension) } ?? (name, nil)
    }

    /// Throws if the control API would reject one of the names, so that everything stored can be listed.
    func requireNames() throws(ServiceFailure) {
        let key: PackageKey
        switch self {
        case .metadata(let package, _, _):
            key = package
        case .snapshotMetadata(let package, let version, _):
            key = package
            try Parameters.Pattern.coordinate.require(version, as: "version")
        case .asset(let package, let version, let name, _), .misnamed(let package, let version, let name, _):
            key = package
            try Parameters.Pattern.coordinate.require(version, as: "version")
            try Parameters.Pattern.asset.require(name, as: "asset")
        }
        try Parameters.Pattern.coordinate.require(key.namespace, as: "namespace")
        try Parameters.Pattern.coordinate.require(key.name, as: "package")
    }

    /// The operation that a request with this method counts as.
    func operation(_ method: String) -> String {
        let verb =
            switch method {
            case "PUT": "Put"
            case "HEAD": "Head"
            default: "Get"
            }
        switch self {
        case .metadata(_, _, nil), .snapshotMetadata(_, _, nil): return "maven.\(verb)Metadata"
        case .asset(_, _, _, nil), .misnamed(_, _, _, nil): return "maven.\(verb)Asset"
        case .metadata, .snapshotMetadata, .asset, .misnamed: return "maven.\(verb)Checksum"
        }
    }
}
