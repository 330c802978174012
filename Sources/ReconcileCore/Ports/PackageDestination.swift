/// The domain that a restore writes to; its content is read through `PackageSource`.
///
/// Each call is one request, makes a single attempt and is safe to repeat; `RetryingDestination` retries. It throws
/// `RemoteFailure`, or `CancellationError` if its task is cancelled. Nothing is ever deleted or overwritten through
/// this port: until the version is deleted, the service refuses different bytes under an existing name as a `conflict`
/// (CodeArtifact user guide, Package version status). Every adapter must pass `PackageDestinationContract` in the
/// tests.
package protocol PackageDestination: Sendable {
    /// Publishes one asset in a Maven directory of a package: `1.0`, or `1.0-SNAPSHOT` for the files of its builds.
    ///
    /// Publishing the first asset creates the version, as Unfinished. Publishing the same bytes again changes nothing.
    /// The bytes are checked against the asset's size and SHA-256 before the last of them is sent; a mismatch is
    /// `corrupt` and never published.
    ///
    /// - Parameter directory: nil for the package's own directory, where its document is. The file is then not an
    ///   asset, and it publishes the versions that it names.
    func publish(
        _ body: any AssetBody,
        of asset: Asset,
        in directory: String?,
        of package: PackageCoordinates
    ) async throws

    /// Publishes a document or a checksum file, which is not an asset itself: maven-metadata.xml, `app-1.0.jar.sha1`.
    ///
    /// A document moves versions to Published. A checksum file is checked and not stored; if it is wrong, the checksum
    /// file and the version's document are both refused as `invalid` (user guide, Maven checksums).
    ///
    /// - Parameter directory: as above; nil for the package's own.
    func publish(
        _ bytes: [UInt8],
        as name: String,
        in directory: String?,
        of package: PackageCoordinates
    ) async throws

    /// Publishes the plugin document of a group, or a checksum file of it. The service may refuse it.
    func publish(
        _ bytes: [UInt8],
        as name: String,
        ofGroup namespace: String,
        in repository: String
    ) async throws

    /// Moves a version to Published, Unlisted or Archived. A missing version is `absent`; a move that isn't allowed is
    /// a `conflict`.
    func setStatus(_ status: VersionStatus, of version: VersionCoordinates) async throws

    /// Sets who may add versions to a package; creates the package, without a version, if it is absent
    /// (PutPackageOriginConfiguration, API reference).
    func setOriginControls(_ controls: OriginControls, of package: PackageCoordinates) async throws

    /// The repositories that a repository searches for packages it doesn't have, in order of priority.
    func upstreams(of repository: String) async throws -> [String]
}
