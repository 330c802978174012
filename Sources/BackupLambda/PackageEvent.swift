import FoundationEssentials
package import ReconcileCore

/// The event 'CodeArtifact Package Version State Change' (CodeArtifact user guide, CodeArtifact event format).
///
/// Only the version's identity is taken from the event; the version's state is read from the domain.
package struct PackageEvent: Hashable, Sendable {
    package static let detailType = "CodeArtifact Package Version State Change"

    package let domain: String
    package let domainOwner: String
    package let repository: String
    /// The package format, such as `maven` or `npm`.
    package let format: String
    /// Nil for formats without namespaces.
    package let namespace: String?
    package let package: String
    package let version: String

    /// The version's coordinates; nil if the format is not maven or there is no namespace.
    package var coordinates: VersionCoordinates? {
        guard format == "maven", let namespace, !namespace.isEmpty else { return nil }
        return VersionCoordinates(
            package: PackageCoordinates(repository: repository, namespace: namespace, name: package),
            version: version
        )
    }

    package init(
        domain: String,
        domainOwner: String,
        repository: String,
        format: String,
        namespace: String?,
        package: String,
        version: String
    ) {
        self.domain = domain
        self.domainOwner = domainOwner
        self.repository = repository
        self.format = format
        self.namespace = namespace
        self.package = package
        self.version = version
    }
}

extension PackageEvent: Decodable {
    private enum CodingKeys: String, CodingKey {
        case domain = "domainName"
        case domainOwner
        case repository = "repositoryName"
        case format = "packageFormat"
        case namespace = "packageNamespace"
        case package = "packageName"
        case version = "packageVersion"
    }
}
