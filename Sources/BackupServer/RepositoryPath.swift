import Cryptography
package import ReconcileCore

/// What a request's path names in the Maven repositories of a backup, without looking anything up.
///
/// The first segment is the repository. Each segment is percent-decoded once, because Maven encodes it once: a segment
/// that was encoded twice is a name with percent signs. A name never leads outside the repository.
package enum RepositoryPath: Hashable, Sendable {
    /// A file in a version's directory, or its checksum file.
    case file(VersionCoordinates, name: String)
    /// A maven-metadata.xml, or its checksum file. The same path may belong to a package, to a version's directory and
    /// to a group: only the backup shows which of them exists.
    case metadata(MetadataPlace, checksum: ChecksumAlgorithm?)

    /// The directory of a maven-metadata.xml.
    package struct MetadataPlace: Hashable, Sendable {
        /// The package, if the directory is a package's.
        package let package: PackageCoordinates?
        /// The version, if the directory is a version's.
        package let version: VersionCoordinates?
        /// The group, if the directory is a group's.
        package let group: Group?

        package struct Group: Hashable, Sendable {
            package let repository: String
            package let namespace: String
        }
    }

    /// Why a path names nothing.
    package enum Refusal: Error, Hashable, Sendable {
        /// No client of a Maven repository sends such a path: 400.
        case malformed(String)
        /// No repository can have such a path: 404.
        case absent
    }

    /// - Parameter target: the request's target as sent, including its query.
    package init(target: String) throws(Refusal) {
        let path = target.prefix { $0 != "?" }
        guard path.utf8.first == UInt8(ascii: "/") else { throw .malformed("the path does not begin with a slash") }
        var names: [String] = []
        for segment in path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            names.append(try Self.name(Substring(segment)))
        }
        guard !names.contains("") else { throw .absent }
        guard let file = names.popLast(), let repository = names.first else { throw .absent }
        self = try Self.place(file: file, in: Array(names.dropFirst()), repository)
    }

    /// Returns the first segment of a target, which names the repository; empty if it is malformed.
    static func repository(of target: String) -> String {
        let path = target.prefix { $0 != "?" }.dropFirst()
        return PercentEncoding.decode(path.prefix { $0 != "/" }) ?? ""
    }

    private static func name(_ segment: Substring) throws(Refusal) -> String {
        guard let name = PercentEncoding.decode(segment) else {
            throw .malformed("a segment is not percent-encoded UTF-8")
        }
        if name == "." || name == ".." { throw .malformed("a segment is . or ..") }
        for scalar in name.unicodeScalars where scalar == "/" || scalar.isControl {
            throw .malformed("a name holds a slash or a control character")
        }
        return name
    }

    private static func place(file: String, in folders: [String], _ repository: String) throws(Refusal) -> Self {
        let package = folders.count >= 2 ? Self.package(folders[...], repository) : nil
        let version: VersionCoordinates? =
            if folders.count >= 3, let package = Self.package(folders.dropLast(), repository) {
                VersionCoordinates(package: package, version: folders[folders.count - 1])
            } else {
                nil
            }
        let (base, checksum) = split(file)
        if base == MavenMetadata.fileName || file == MavenMetadata.fileName {
            let group = folders.contains { $0.utf8.contains(UInt8(ascii: ".")) } ? [] : folders
            guard package != nil || version != nil || !group.isEmpty else { throw .absent }
            let place = MetadataPlace(
                package: package,
                version: version,
                group: group.isEmpty
                    ? nil : MetadataPlace.Group(repository: repository, namespace: group.joined(separator: "."))
            )
            return .metadata(place, checksum: checksum)
        }
        guard let version else { throw .absent }
        return .file(version, name: file)
    }

    /// Nil if a folder of the group contains a dot: the group `a.b` has only the path `a/b`.
    private static func package(_ folders: ArraySlice<String>, _ repository: String) -> PackageCoordinates? {
        let group = folders.dropLast()
        guard let name = folders.last, !group.contains(where: { $0.utf8.contains(UInt8(ascii: ".")) }) else {
            return nil
        }
        return PackageCoordinates(repository: repository, namespace: group.joined(separator: "."), name: name)
    }

    /// Splits the name of a checksum file into the file's name and the algorithm; returns any other name unchanged,
    /// with nil.
    package static func split(_ name: String) -> (file: String, checksum: ChecksumAlgorithm?) {
        ChecksumAlgorithm.split(name).map { ($0.file, $0.algorithm) } ?? (name, nil)
    }
}

extension DigestAlgorithm {
    init(_ algorithm: ChecksumAlgorithm) {
        self =
            switch algorithm {
            case .sha1: .sha1
            case .md5: .md5
            case .sha256: .sha256
            case .sha512: .sha512
            }
    }
}
