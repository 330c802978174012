/// The domain as a restore writes to it; what it holds is read through `PackageSource`.
///
/// Each call is one request, throws `RemoteFailure`, or `CancellationError` when its task is cancelled, and is safe to
/// repeat; a single attempt is made, retry is `RetryingDestination`'s. Nothing is ever deleted or overwritten through
/// this port: the service refuses other bytes under a name as a `conflict` until the version is deleted (CodeArtifact
/// user guide, Package version status). `PackageDestinationContract` in the tests is what an adapter must pass.
package protocol PackageDestination: Sendable {
    /// Publishes one asset in a Maven directory of a package: `1.0`, or `1.0-SNAPSHOT` for the files of its builds.
    ///
    /// A version comes into being with its first asset, as Unfinished. The same bytes once more change nothing. The
    /// bytes are checked against the asset's size and SHA-256 before the last of them is sent: others are `corrupt` and
    /// never published.
    ///
    /// - Parameter directory: nil for the package's own, where its document is: it is not an asset then, and
    ///   publishes the versions that it names.
    func publish(
        _ body: any AssetBody,
        of asset: Asset,
        in directory: String?,
        of package: PackageCoordinates
    ) async throws

    /// Publishes a document or a checksum file, which is not an asset itself: maven-metadata.xml, `app-1.0.jar.sha1`.
    ///
    /// A document makes versions Published. A checksum file is compared and not kept: a wrong one, and a document of a
    /// version with a wrong one, is an `invalid` failure (user guide, Maven checksums).
    ///
    /// - Parameter directory: as above; nil for the package's own.
    func publish(
        _ bytes: [UInt8],
        as name: String,
        in directory: String?,
        of package: PackageCoordinates
    ) async throws

    /// Publishes the document of a group's Maven plugins, or a checksum file of it. The service may refuse it.
    func publish(
        _ bytes: [UInt8],
        as name: String,
        ofGroup namespace: String,
        in repository: String
    ) async throws

    /// Moves a version to Published, Unlisted or Archived. A version that is not there is `absent`; one that may not
    /// be moved, a `conflict`.
    func setStatus(_ status: VersionStatus, of version: VersionCoordinates) async throws

    /// Sets who may add versions to a package; creates the package if it is absent, without a version
    /// (PutPackageOriginConfiguration, API reference).
    func setOriginControls(_ controls: OriginControls, of package: PackageCoordinates) async throws

    /// The repositories that a repository looks into for what it does not hold, in order of priority.
    func upstreams(of repository: String) async throws -> [String]
}
