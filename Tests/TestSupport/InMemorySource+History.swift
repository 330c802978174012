import Cryptography
import FoundationEssentials
package import ReconcileCore
import Synchronization

/// What happens at the source. A change to a version that is not there stops the test run.
extension InMemorySource {
    package func addRepository(_ name: String) {
        state.withLock { _ = $0.repositories.insert(ExactText(name)) }
    }

    /// A package that has no version yet.
    package func addPackage(_ package: PackageCoordinates) {
        state.withLock { Self.add(package, &$0) }
    }

    /// Publishes a version, or publishes over it, with assets by name.
    package func publish(
        _ version: VersionCoordinates,
        _ assets: [String: String] = ["app.jar": "bytes of app.jar", "app.pom": "<project/>"],
        status: VersionStatus = .published,
        origin: VersionOrigin = .internal,
        publishedTime: Double? = 1_700_000_000.125
    ) {
        let bytes = assets.mapValues { Array($0.utf8) }
        publish(version, bytes: bytes, status: status, origin: origin, publishedTime: publishedTime)
    }

    /// The same with assets that are no text.
    package func publish(
        _ version: VersionCoordinates,
        bytes: [String: [UInt8]],
        status: VersionStatus = .published,
        origin: VersionOrigin = .internal,
        publishedTime: Double? = 1_700_000_000.125
    ) {
        let assets = bytes.map { (ExactText($0.key), $0.value) }
        state.withLock { state in
            Self.add(version.package, &state)
            let published = VersionState(
                coordinates: version,
                revision: Self.newRevision(&state),
                status: status,
                origin: origin,
                publishedTime: publishedTime,
                assets: Dictionary(uniqueKeysWithValues: assets)
            )
            state.packages[Self.name(version.package)]?.versions[ExactText(version.version)] = published
        }
    }

    /// Deploys one build of a snapshot: the build is Unlisted, the `-SNAPSHOT` version names the same assets, and its
    /// document those of older builds that this one does not have.
    package func deploySnapshot(
        _ package: PackageCoordinates,
        base: String,
        build: String,
        _ endings: [String] = [".jar", ".pom"]
    ) {
        let stem = "\(package.name)-\(base)-\(build)"
        let assets = Dictionary(uniqueKeysWithValues: endings.map { ("\(stem)\($0)", "\($0.dropFirst()) \(build)") })
        let snapshot = VersionCoordinates(package: package, version: "\(base)-SNAPSHOT")
        let before = state.withLock {
            $0.packages[Self.name(package)]?.versions[ExactText(snapshot.version)]?.document
        }
        publish(VersionCoordinates(package: package, version: "\(base)-\(build)"), assets, status: .unlisted)
        publish(snapshot, assets)
        var document = Self.document(of: snapshot, names: Array(assets.keys))
        let kinds = Set(document?.snapshotVersions.map { [$0.classifier, $0.fileExtension] } ?? [])
        document?.snapshotVersions += ((try? before?.get())??.snapshotVersions ?? []).filter {
            !kinds.contains([$0.classifier, $0.fileExtension])
        }
        setSnapshotMetadata(.success(document), of: snapshot)
    }

    /// Sets the answer for a snapshot's document, instead of the one that would be generated.
    package func setSnapshotMetadata(
        _ metadata: Result<MavenMetadata?, RemoteFailure>?,
        of version: VersionCoordinates
    ) {
        state.withLock {
            $0.packages[Self.name(version.package)]?.versions[ExactText(version.version)]?.document = metadata
        }
    }

    /// Adds an asset, or gives the one of that name other bytes.
    package func put(_ asset: String, _ bytes: String, in version: VersionCoordinates) {
        change(version) { state, revision in
            state.assets[ExactText(asset)] = Array(bytes.utf8)
            state.revision = revision
        }
    }

    /// Sets a package's origin controls, and makes the package where there is none; nil leaves them out of answers.
    package func setControls(_ controls: OriginControls?, of package: PackageCoordinates) {
        state.withLock { state in
            Self.add(package, &state)
            state.packages[Self.name(package)]?.controls = controls
        }
    }

    /// The origin controls of every package that there is now.
    package var currentControls: [PackageCoordinates: OriginControls?] {
        state.withLock { state in
            Dictionary(uniqueKeysWithValues: state.packages.values.map { ($0.coordinates, $0.controls) })
        }
    }

    /// Gives a version a new revision, its assets as they are.
    package func touch(_ version: VersionCoordinates) {
        change(version) { $0.revision = $1 }
    }

    package func setRevision(_ revision: String?, of version: VersionCoordinates) {
        change(version) { state, _ in state.revision = revision }
    }

    package func setStatus(_ status: VersionStatus, of version: VersionCoordinates) {
        change(version) { state, _ in state.status = status }
    }

    /// Leaves a version out of the listing, though it can be described.
    package func hide(_ version: VersionCoordinates) {
        change(version) { state, _ in state.isListed = false }
    }

    package func delete(_ version: VersionCoordinates) {
        change(version) { _, _ in }
        state.withLock { $0.packages[Self.name(version.package)]?.versions[ExactText(version.version)] = nil }
    }

    /// Deletes a version, or gives it a status under which its bytes are withheld.
    package func withdraw(_ version: VersionCoordinates, as status: VersionStatus) {
        if status == .deleted { delete(version) } else { setStatus(status, of: version) }
    }

    package func deletePackage(_ package: PackageCoordinates) {
        state.withLock { $0.packages[Self.name(package)] = nil }
    }

    package func setFault(_ fault: AssetFault?, on asset: String, in version: VersionCoordinates) {
        change(version) { state, _ in state.faults[ExactText(asset)] = fault }
    }

    /// Answers for a package's metadata in place of what would be generated.
    package func setMetadata(_ metadata: Result<MavenMetadata?, RemoteFailure>?, of package: PackageCoordinates) {
        state.withLock { $0.packages[Self.name(package)]?.metadata = metadata }
    }

    /// Sets the answer for a group's document.
    package func setGroupMetadata(
        _ metadata: Result<MavenMetadata?, RemoteFailure>,
        of namespace: String,
        in repository: String = "releases"
    ) {
        state.withLock { $0.groups[[ExactText(repository), ExactText(namespace)]] = metadata }
    }

    /// A version's revision now.
    package func revision(of version: VersionCoordinates) -> String? {
        state.withLock { $0.packages[Self.name(version.package)]?.versions[ExactText(version.version)]?.revision }
    }

    /// A version as it is at the source now.
    package struct CurrentVersion: Hashable, Sendable {
        package let coordinates: VersionCoordinates
        package let revision: String?
        package let status: VersionStatus
        /// Whether the listing shows it.
        package let isListed: Bool
        /// The bytes of each asset.
        package let assets: [ExactText: [UInt8]]
    }

    /// Every version that there is now.
    package var currentVersions: [VersionCoordinates: CurrentVersion] {
        state.withLock { state in
            let versions = state.packages.values.flatMap(\.versions.values).map { version in
                CurrentVersion(
                    coordinates: version.coordinates,
                    revision: version.revision,
                    status: version.status,
                    isListed: version.isListed,
                    assets: version.assets
                )
            }
            return Dictionary(uniqueKeysWithValues: versions.map { ($0.coordinates, $0) })
        }
    }

    private func change(
        _ version: VersionCoordinates,
        _ change: (_ state: inout VersionState, _ newRevision: String) -> Void
    ) {
        state.withLock { state in
            let package = Self.name(version.package)
            let revision = Self.newRevision(&state)
            guard var found = state.packages[package]?.versions[ExactText(version.version)] else {
                fatalError("the source has no \(version)")
            }
            change(&found, revision)
            state.packages[package]?.versions[ExactText(version.version)] = found
        }
    }

    static func add(_ package: PackageCoordinates, _ state: inout State) {
        state.repositories.insert(ExactText(package.repository))
        if state.packages[name(package)] == nil { state.packages[name(package)] = PackageState(coordinates: package) }
    }

    /// Base64 of 32 bytes, as the service's look.
    static func newRevision(_ state: inout State) -> String {
        state.revisionsMade += 1
        return Data(Digest.of(Array("revision \(state.revisionsMade)".utf8), .sha256)).base64EncodedString()
    }
}
