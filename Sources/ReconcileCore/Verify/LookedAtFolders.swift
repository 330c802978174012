/// The folders of a backup that one verification has opened: a hash of each, so that those of a whole domain fit.
struct LookedAtFolders: Sendable {
    /// Of the packages that are or were looked at, or left to others.
    private var packages: Set<UInt64> = []
    /// Of groups with Maven plugins.
    private var groups: Set<UInt64> = []
    /// Those whose document is or was looked at.
    private var documents: Set<UInt64> = []

    /// - Parameter folder: its hash.
    /// - Returns: whether it is new.
    mutating func insert(package folder: UInt64) -> Bool { packages.insert(folder).inserted }

    mutating func insert(groupWithDocument key: ObjectKey) { groups.insert(Self.hash(key.value)) }

    /// - Returns: whether it is new.
    mutating func insert(document key: ObjectKey) -> Bool { documents.insert(Self.hash(key.value)).inserted }

    /// Whether a path, which ends with a slash, is a package's.
    func isOfPackage(_ path: String) -> Bool { packages.contains(Self.hash(path)) }

    /// Whether a directory, whose path ends with a slash, has the document of a group with plugins.
    func isOfGroup(_ directory: String) -> Bool { groups.contains(Self.hash(directory + MavenMetadata.fileName)) }

    /// Whether a folder is a package's, or in one.
    func cover(_ folder: ObjectKey) -> Bool {
        var path = ""
        return folder.value.split(separator: "/").contains { segment in
            path += segment + "/"
            return isOfPackage(path)
        }
    }

    static func hash(_ folder: String) -> UInt64 {
        var hash = SeededHash(seed: 0x7665_7269_6679)
        hash.combine(folder)
        return hash.value
    }
}
