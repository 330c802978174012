/// What of a domain a run looks at: repositories, packages, origins, shard.
///
/// Packages outside are neither copied nor taken for gone.
package struct Selection: Hashable, Sendable {
    /// Names of repositories; empty means all.
    package var repositories: [String] = []
    /// Packages to take; empty means all.
    package var include: [PackagePattern] = []
    /// Packages to leave, which wins over `include`.
    package var exclude: [PackagePattern] = []
    /// Whether versions that came from an external connection are left. Versions of unknown origin are always taken.
    package var internalOnly = false
    package var shard: Shard = .whole

    package init() {}

    package func contains(repository: String) -> Bool {
        repositories.isEmpty || repositories.contains { ExactText($0) == ExactText(repository) }
    }

    package func contains(_ package: PackageCoordinates) -> Bool {
        contains(repository: package.repository)
            && (include.isEmpty || include.contains { $0.matches(package) })
            && !exclude.contains { $0.matches(package) }
            && shard.contains(package)
    }

    package func contains(origin: VersionOrigin) -> Bool {
        !internalOnly || origin != .external
    }
}
