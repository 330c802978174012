/// The desired state: what a domain holds, read only.
///
/// Each listing call is one request and answers one page. Every call throws `RemoteFailure`, or `CancellationError`
/// when its task is cancelled; a single attempt is made, retry is `RetryingSource`'s.
package protocol PackageSource: Sendable {
    /// What its listings are called in failures.
    var operations: SourceOperations { get }

    /// The repositories of the domain, in no promised order.
    func repositories(after: PageToken?) async throws -> Page<String>

    /// The Maven packages of a repository, in no promised order. A package may turn out to have no version.
    func packages(in repository: String, after: PageToken?) async throws -> Page<ListedPackage>

    /// The format of each package of a repository, Maven's included, a row for each.
    func formats(in repository: String, after: PageToken?) async throws -> Page<String>

    /// The versions of a package in every status, in no promised order. An unknown package is `absent`.
    func versions(of package: PackageCoordinates, after: PageToken?) async throws -> Page<ListedVersion>

    /// The assets of a version, each page with the revision that it belongs to.
    func assets(of version: VersionCoordinates, after: PageToken?) async throws -> AssetPage

    /// The origin controls of a package now; nil if the source does not have it, or does not report them.
    func originControls(of package: PackageCoordinates) async throws -> OriginControls?

    /// What the source knows of one version now; nil when it does not hold it.
    func describe(_ version: VersionCoordinates) async throws -> VersionDescription?

    /// The artifact-level maven-metadata.xml of a package; nil when there is none.
    ///
    /// A document that cannot be read is a `malformed` failure with line and reason.
    func metadata(of package: PackageCoordinates) async throws -> MavenMetadata?

    /// The maven-metadata.xml of a `-SNAPSHOT` version; nil if there is none. Fails as for a package.
    func metadata(ofSnapshot version: VersionCoordinates) async throws -> MavenMetadata?

    /// The maven-metadata.xml of a group, which names its Maven plugins; nil if there is none. Fails as for a
    /// package.
    func metadata(ofGroup namespace: String, in repository: String) async throws -> MavenMetadata?

    /// The bytes of one listed asset, not yet asked for. Ask only for assets that `assets(of:after:)` listed.
    func body(of asset: Asset, in version: VersionCoordinates) -> any AssetBody
}

extension PackageSource {
    /// None, of a source that has Maven packages only.
    package func formats(in repository: String, after: PageToken?) async throws -> Page<String> { Page([], next: nil) }
}

/// A source's listings, as operations.
package struct SourceOperations: Hashable, Sendable {
    package let listRepositories: ServiceOperation
    package let listPackages: ServiceOperation
    package let listVersions: ServiceOperation
    package let listAssets: ServiceOperation

    package init(
        listRepositories: ServiceOperation,
        listPackages: ServiceOperation,
        listVersions: ServiceOperation,
        listAssets: ServiceOperation
    ) {
        self.listRepositories = listRepositories
        self.listPackages = listPackages
        self.listVersions = listVersions
        self.listAssets = listAssets
    }
}

/// One row of a package listing.
package struct ListedPackage: Hashable, Sendable {
    package let coordinates: PackageCoordinates
    /// Nil where the service leaves them out.
    package let originControls: OriginControls?

    package init(_ coordinates: PackageCoordinates, originControls: OriginControls?) {
        self.coordinates = coordinates
        self.originControls = originControls
    }
}

/// One row of a version listing: the triple that drift is decided on.
package struct ListedVersion: Hashable, Sendable {
    package let version: String
    /// Nil where the service leaves it out.
    package let revision: String?
    package let status: VersionStatus
    package let origin: VersionOrigin

    package init(version: String, revision: String?, status: VersionStatus, origin: VersionOrigin) {
        self.version = version
        self.revision = revision
        self.status = status
        self.origin = origin
    }
}

extension ListedVersion {
    /// The row of a version that was asked for on its own; Deleted where the source does not hold it.
    package init(_ version: String, described description: VersionDescription?) {
        self.init(
            version: version,
            revision: description?.revision,
            status: description?.status ?? .deleted,
            origin: description?.properties.origin ?? .unknown
        )
    }

    /// The row of this version once it is deleted; what is no longer known stays as it was.
    package var deleted: ListedVersion {
        ListedVersion(version: version, revision: revision, status: .deleted, origin: origin)
    }
}

/// One page of a version's assets.
package struct AssetPage: Sendable {
    package let assets: [Asset]
    /// The revision that the page shows. Two pages with different revisions do not make one listing.
    package let revision: String?
    package let next: PageToken?

    package init(assets: [Asset], revision: String?, next: PageToken? = nil) {
        self.assets = assets
        self.revision = revision
        self.next = next
    }
}

/// What the source says of one version on its own.
package struct VersionDescription: Hashable, Sendable {
    package let revision: String?
    package let status: VersionStatus
    package let properties: VersionProperties

    package init(revision: String?, status: VersionStatus, properties: VersionProperties) {
        self.revision = revision
        self.status = status
        self.properties = properties
    }
}

/// What the source says of a version beside its state, as the version's manifest records it.
package struct VersionProperties: Hashable, Sendable {
    package var origin: VersionOrigin
    /// Seconds since 1970, UTC, with the service's fraction; nil where it gave none.
    package var publishedTime: Double?

    package init(origin: VersionOrigin = .unknown, publishedTime: Double? = nil) {
        self.origin = origin
        self.publishedTime = publishedTime
    }

    /// The same, with what is not known taken from an earlier record.
    package func completed(by earlier: VersionProperties?) -> VersionProperties {
        guard let earlier else { return self }
        return VersionProperties(
            origin: origin == .unknown ? earlier.origin : origin,
            publishedTime: publishedTime ?? earlier.publishedTime
        )
    }
}
