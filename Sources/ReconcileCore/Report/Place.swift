/// What of a domain something is about: a repository, a package, a version or one asset; each member with all before
/// it.
///
/// Reports spell the members so, and a member that is not known is absent there, or null.
package struct Place: Hashable, Sendable, Codable {
    package var repository: String?
    package var namespace: String?
    package var package: String?
    package var version: String?
    package var asset: String?

    /// Of a repository, or of the domain as a whole.
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
