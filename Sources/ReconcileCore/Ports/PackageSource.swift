/// The desired state: the content of a domain, read only.
///
/// Each listing call is one request and returns one page. Every call makes a single attempt and throws `RemoteFailure`,
/// or `CancellationError` if its task is cancelled; `RetryingSource` retries.
package protocol PackageSource: Sendable {
    /// The listing operations, as failures name them.
    var operations: SourceOperations { get }

    /// The repositories of the domain, in no particular order.
    func repositories(after: PageToken?) async throws -> Page<String>

    /// The Maven packages of a repository, in no particular order. A package may turn out to have no versions.
    func packages(in repository: String, after: PageToken?) async throws -> Page<ListedPackage>

    /// The format of each package of a repository, including Maven, one row per package.
    func formats(in repository: String, after: PageToken?) async throws -> Page<String>

    /// The versions of a package in every status, in no particular order. An unknown package is `absent`.
    func versions(of package: PackageCoordinates, after: PageToken?) async throws -> Page<ListedVersion>

    /// The assets of a version; each page has the revision that it belongs to.
    func assets(of version: VersionCoordinates, after: PageToken?) async throws -> AssetPage

    /// The current origin controls of a package; nil if the source doesn't have the package or doesn't report them.
    func originControls(of package: PackageCoordinates) async throws -> OriginControls?

    /// The source's current description of one version; nil if it doesn't have the version.
    func describe(_ version: VersionCoordinates) async throws -> VersionDescription?

    /// The artifact-level maven-metadata.xml of a package; nil if there is none.
    ///
    /// An unreadable document is a `malformed` failure with line and reason.
    func metadata(of package: PackageCoordinates) async throws -> MavenMetadata?

    /// The maven-metadata.xml of a `-SNAPSHOT` version; nil if there is none. Fails like that of a package.
    func metadata(ofSnapshot version: VersionCoordinates) async throws -> MavenMetadata?

    /// The maven-metadata.xml of a group, which names its Maven plugins; nil if there is none. Fails like that of a
    /// package.
    func metadata(ofGroup namespace: String, in repository: String) async throws -> MavenMetadata?

    /// The bytes of one listed asset, which are not requested until they are read. Only for assets that
    /// `assets(of:after:)` listed.
    func body(of asset: Asset, in version: VersionCoordinates) -> any AssetBody
}

extension PackageSource {
    /// By default none, for a source with Maven packages only.
    package func formats(in repository: String, after: PageToken?) async throws -> Page<String> { Page([], next: nil) }
}

/// The operations of a source's listings.
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
    /// Nil if the service leaves them out.
    package let originControls: OriginControls?

    package init(_ coordinates: PackageCoordinates, originControls: OriginControls?) {
        self.coordinates = coordinates
        self.originControls = originControls
    }
}

/// One row of a version listing; revision, status and origin decide whether a version has drifted.
package struct ListedVersion: Hashable, Sendable {
    package let version: String
    /// Nil if the service leaves it out.
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
    /// The row of a version that was requested individually; Deleted if the source doesn't have it.
    package init(_ version: String, described description: VersionDescription?) {
        self.init(
            version: version,
            revision: description?.revision,
            status: description?.status ?? .deleted,
            origin: description?.properties.origin ?? .unknown
        )
    }

    /// The row of this version after its deletion; revision and origin are unchanged.
    package var deleted: ListedVersion {
        ListedVersion(version: version, revision: revision, status: .deleted, origin: origin)
    }
}

/// One page of a version's assets.
package struct AssetPage: Sendable {
    package let assets: [Asset]
    /// The revision that the page shows. Pages with different revisions don't belong to one listing.
    package let revision: String?
    package let next: PageToken?

    package init(assets: [Asset], revision: String?, next: PageToken? = nil) {
        self.assets = assets
        self.revision = revision
        self.next = next
    }
}

/// The source's description of a single version.
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

/// What the source reports about a version besides its state, as recorded in the version's manifest.
package struct VersionProperties: Hashable, Sendable {
    package var origin: VersionOrigin
    /// Seconds since 1970, UTC, with the service's fraction; nil if it gave none.
    package var publishedTime: Double?

    package init(origin: VersionOrigin = .unknown, publishedTime: Double? = nil) {
        self.origin = origin
        self.publishedTime = publishedTime
    }

    /// These properties, with unknown ones filled in from an earlier record.
    package func completed(by earlier: VersionProperties?) -> VersionProperties {
        guard let earlier else { return self }
        return VersionProperties(
            origin: origin == .unknown ? earlier.origin : origin,
            publishedTime: publishedTime ?? earlier.publishedTime
        )
    }
}
