/// A folder of the Maven tree whose maven-metadata.xml belongs to a package, to a group's Maven plugins, or to both.
///
/// `a/b/c` is the folder of the package `a.b:c` and of the group `a.b.c`. Clients read the same document for both, and
/// add to it when they deploy.
package struct DocumentFolder: Hashable, Sendable {
    package let repository: String
    /// Nil for a group with a single part.
    package let package: PackageCoordinates?
    /// Nil if this cannot be a group's folder: each part of a group is a separate folder.
    package let group: String?

    /// The folder of a package.
    package init(of package: PackageCoordinates) {
        repository = package.repository
        self.package = package
        let isPart = !package.name.isEmpty && !package.name.utf8.contains(UInt8(ascii: "."))
        group = isPart ? "\(package.namespace).\(package.name)" : nil
    }

    /// The folder of a group.
    package init(ofGroup group: String, in repository: String) {
        self.repository = repository
        self.group = group
        package = Self.split(group).map { PackageCoordinates(repository: repository, namespace: $0, name: $1) }
    }

    /// The version whose directory this folder would be: version `c` of `a:b`. Nil if it cannot be one.
    var version: VersionCoordinates? {
        guard let package, let (namespace, name) = Self.split(package.namespace) else { return nil }
        return VersionCoordinates(
            package: PackageCoordinates(repository: repository, namespace: namespace, name: name),
            version: package.name
        )
    }

    /// The parts before and after the last dot; nil if there is no dot.
    private static func split(_ group: String) -> (String, String)? {
        guard let dot = group.lastIndex(of: ".") else { return nil }
        return (String(group[..<dot]), String(group[group.index(after: dot)...]))
    }
}

extension DocumentFolder: CustomStringConvertible {
    package var description: String { "\(repository)/\(group ?? package.map { "\($0)" } ?? "")" }
}
