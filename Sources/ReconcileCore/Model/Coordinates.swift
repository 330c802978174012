/// The coordinates of one Maven package in one repository of the domain.
///
/// The same group and artifact in two repositories are two packages: each repository has its own versions, and even the
/// same version may have different assets in each.
package struct PackageCoordinates: Hashable, Sendable {
    /// The repository's name, as the domain lists it.
    package let repository: String
    /// Maven's groupId, dots kept.
    package let namespace: String
    /// Maven's artifactId.
    package let name: String

    package init(repository: String, namespace: String, name: String) {
        self.repository = repository
        self.namespace = namespace
        self.name = name
    }
}

/// The coordinates of one package version; the version string is exactly as the source spells it.
package struct VersionCoordinates: Hashable, Sendable {
    package let package: PackageCoordinates
    package let version: String

    package init(package: PackageCoordinates, version: String) {
        self.package = package
        self.version = version
    }
}

extension VersionCoordinates {
    /// Equal only if every part has the same bytes; ordered by repository, namespace, package and version.
    package var exact: [ExactText] {
        [package.repository, package.namespace, package.name, version].map(ExactText.init)
    }
}

extension PackageCoordinates: CustomStringConvertible {
    /// `repository/group:artifact`, for logs and errors.
    package var description: String { "\(repository)/\(namespace):\(name)" }
}

extension VersionCoordinates: CustomStringConvertible {
    /// `repository/group:artifact:version`, for logs and errors.
    package var description: String { "\(package):\(version)" }
}
