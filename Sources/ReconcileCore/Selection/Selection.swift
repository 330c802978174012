/// The part of a domain that a run works on: repositories, packages, versions, origins, shard.
///
/// Everything outside it is neither copied nor treated as deleted.
package struct Selection: Hashable, Sendable {
    /// Names of repositories; empty for all.
    package var repositories: [String] = []
    /// Packages and versions to include; empty for all.
    package var include: [VersionPattern] = []
    /// Packages and versions to exclude; takes precedence over `include`.
    package var exclude: [VersionPattern] = []
    /// Whether to skip versions that came from an external connection. Versions of unknown origin are always included.
    package var internalOnly = false
    package var shard: Shard = .whole
    /// Whether it is fine to find nothing at all, instead of a sign of a mistyped name.
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

    /// Whether only some versions of a package may be selected.
    package var namesVersions: Bool { (include + exclude).contains { $0.version != nil } }

    /// Whether a package is excluded with all its versions.
    func excludes(_ package: PackageCoordinates) -> Bool {
        exclude.contains { $0.version == nil && $0.package.matches(package) }
    }

    func excludes(_ version: VersionCoordinates) -> Bool {
        exclude.contains { $0.matches(version) }
    }

    /// Whether work on this selection includes the domain's configuration. That needs all repositories, and the first
    /// shard does it for all shards. Package patterns don't matter.
    package var coversConfiguration: Bool { repositories.isEmpty && shard.index == 0 }

    /// Whether the whole backup is selected.
    var isWhole: Bool { repositories.isEmpty && include.isEmpty && exclude.isEmpty && shard == .whole }

    /// The repository that it is a part of, if that is a single one.
    var onlyRepository: String? { repositories.count == 1 ? repositories[0] : nil }

    /// What it includes and excludes, whatever the repository.
    var patterns: [[VersionPattern]] { [include, exclude] }

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
