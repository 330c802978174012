/// What of a domain a run looks at: repositories, packages, versions, origins, shard.
///
/// What is outside is neither copied nor treated as deleted.
package struct Selection: Hashable, Sendable {
    /// Names of repositories; empty means all.
    package var repositories: [String] = []
    /// Packages and versions to take; empty means all.
    package var include: [VersionPattern] = []
    /// Packages and versions to leave, which wins over `include`.
    package var exclude: [VersionPattern] = []
    /// Whether versions that came from an external connection are left. Versions of unknown origin are always taken.
    package var internalOnly = false
    package var shard: Shard = .whole
    /// Whether finding nothing at all is right, and no sign of a wrong name.
    package var mayBeEmpty = false

    package init() {}

    package func contains(repository: String) -> Bool {
        repositories.isEmpty || repositories.contains { ExactText($0) == ExactText(repository) }
    }

    /// Whether any version of a package may be selected.
    package func contains(_ package: PackageCoordinates) -> Bool {
        contains(repository: package.repository)
            && (include.isEmpty || include.contains { $0.package.matches(package) })
            && !excludes(package)
            && shard.contains(package)
    }

    package func contains(_ version: VersionCoordinates) -> Bool {
        contains(version.package)
            && (!namesVersions
                || (include.isEmpty || include.contains { $0.matches(version) }) && !excludes(version))
    }

    /// Whether a package is selected in parts.
    package var namesVersions: Bool { (include + exclude).contains { $0.version != nil } }

    /// Whether a package is left out with all its versions.
    func excludes(_ package: PackageCoordinates) -> Bool {
        exclude.contains { $0.version == nil && $0.package.matches(package) }
    }

    func excludes(_ version: VersionCoordinates) -> Bool {
        exclude.contains { $0.matches(version) }
    }

    /// Whether work on this selection is on the domain's configuration too: all repositories must be known, and the
    /// first shard does it for all. Patterns of packages do not matter.
    package var coversConfiguration: Bool { repositories.isEmpty && shard.index == 0 }

    /// Whether nothing of a backup is left out.
    var isWhole: Bool { repositories.isEmpty && include.isEmpty && exclude.isEmpty && shard == .whole }

    /// Whether it contains all that another one does, by what both name; shards apart.
    func covers(_ other: Selection) -> Bool {
        (repositories.isEmpty || !other.repositories.isEmpty && other.repositories.allSatisfy(contains(repository:)))
            && (include.isEmpty || !other.include.isEmpty && Set(include).isSuperset(of: other.include))
            && Set(other.exclude).isSuperset(of: exclude)
    }

    package func contains(origin: VersionOrigin) -> Bool {
        !internalOnly || origin != .external
    }
}
