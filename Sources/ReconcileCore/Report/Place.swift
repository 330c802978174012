/// What something refers to: the domain, a repository, a package, a version or an asset. If a member is set, so are all
/// before it.
///
/// Reports use these member names; an unknown member is absent there, or null.
package struct Place: Hashable, Sendable, Codable {
    package var repository: String?
    package var namespace: String?
    package var package: String?
    package var version: String?
    package var asset: String?

    /// A repository, or the domain as a whole.
    package init(repository: String? = nil) {
        self.repository = repository
    }

    package init(_ package: PackageCoordinates, version: String? = nil, asset: String? = nil) {
        repository = package.repository
        namespace = package.namespace
        self.package = package.name
        self.version = version
        self.asset = asset
    }
}
