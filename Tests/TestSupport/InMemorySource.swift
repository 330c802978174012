import Cryptography
package import ReconcileCore
import Synchronization

/// A CodeArtifact domain in memory, its history written by a test: publish, change, withdraw, delete, fail.
///
/// Operations are named as the service's. Every change of assets gives a version a new revision, as the service does;
/// a change of status does not.
package final class InMemorySource: PackageSource {
    /// What is wrong with one asset.
    package enum AssetFault: Hashable, Sendable {
        /// The listed SHA-256 is of other bytes.
        case wrongHash
        /// No SHA-256 is listed.
        case noHash
        /// The bytes end half way, as if that were all.
        case endsEarly
        /// The connection breaks half way.
        case breaksOff
    }

    struct VersionState {
        var coordinates: VersionCoordinates
        var revision: String?
        var status: VersionStatus
        var origin: VersionOrigin
        var publishedTime: Double?
        var assets: [ExactText: [UInt8]]
        var faults: [ExactText: AssetFault] = [:]
        var isListed = true
        /// Checksum files that did not match.
        var disputed: Set<ExactText> = []
        /// For a snapshot: instead of what would be generated.
        var document: Result<MavenMetadata?, RemoteFailure>?
    }

    struct PackageState {
        let coordinates: PackageCoordinates
        var versions: [ExactText: VersionState] = [:]
        /// In place of what would be generated.
        var metadata: Result<MavenMetadata?, RemoteFailure>?
        var controls: OriginControls? = .published
    }

    struct State {
        var repositories: Set<ExactText> = []
        var packages: [ExactText: PackageState] = [:]
        var revisionsMade = 0
        var upstreams: [ExactText: [String]] = [:]
        /// The documents of groups, by repository and group.
        var groups: [[ExactText]: Result<MavenMetadata?, RemoteFailure>] = [:]
    }

    package let conduct: InMemoryConduct
    let state = Mutex(State())
    private let order: InMemoryOrder
    private let pageSize: Int
    private let assetPageSize: Int

    package init(
        order: InMemoryOrder = .bytes,
        pageSize: Int = 1000,
        assetPageSize: Int = 1000,
        ledger: RequestLedger? = nil
    ) {
        self.order = order
        self.pageSize = pageSize
        self.assetPageSize = assetPageSize
        conduct = InMemoryConduct(ledger: ledger)
    }

    // MARK: PackageSource

    package var operations: SourceOperations { TestOperations.source }

    package func repositories(after token: PageToken?) async throws -> Page<String> {
        let operation = TestOperations.listRepositories
        try await conduct.enter(operation)
        return page(state.withLock { $0.repositories.map { ($0, $0.value) } }, token, operation)
    }

    package func packages(in repository: String, after token: PageToken?) async throws -> Page<ListedPackage> {
        let operation = TestOperations.listPackages
        try await conduct.enter(operation)
        let rows = try state.withLock { state throws(RemoteFailure) in
            guard state.repositories.contains(ExactText(repository)) else { throw absent(operation, repository) }
            return state.packages.filter { ExactText($0.value.coordinates.repository) == ExactText(repository) }
                .map { ($0.key, ListedPackage($0.value.coordinates, originControls: $0.value.controls)) }
        }
        return page(rows, token, operation)
    }

    package func originControls(of package: PackageCoordinates) async throws -> OriginControls? {
        try await conduct.enter(TestOperations.describePackage)
        return state.withLock { $0.packages[Self.name(package)]?.controls }
    }

    package func versions(of package: PackageCoordinates, after token: PageToken?) async throws -> Page<ListedVersion> {
        let operation = TestOperations.listVersions
        try await conduct.enter(operation)
        let rows = try state.withLock { state throws(RemoteFailure) in
            guard let found = state.packages[Self.name(package)] else { throw absent(operation, "\(package)") }
            return found.versions.filter(\.value.isListed).map { name, version in
                let listed = ListedVersion(
                    version: name.value,
                    revision: version.revision,
                    status: version.status,
                    origin: version.origin
                )
                return (name, listed)
            }
        }
        return page(rows, token, operation)
    }

    package func assets(of version: VersionCoordinates, after token: PageToken?) async throws -> AssetPage {
        let operation = TestOperations.listAssets
        try await conduct.enter(operation)
        guard let found = find(version) else { throw absent(operation, "\(version)") }
        let rows = found.assets.map { name, bytes in
            (name: name, row: Self.listing(name.value, bytes, found.faults[name]))
        }
        let page = order.page(rows, after: token, size: assetPageSize)
        return AssetPage(
            assets: page.elements,
            revision: found.revision,
            next: conduct.next(page.next, of: operation)
        )
    }

    package func describe(_ version: VersionCoordinates) async throws -> VersionDescription? {
        try await conduct.enter(TestOperations.describeVersion)
        return find(version).map {
            VersionDescription(
                revision: $0.revision,
                status: $0.status,
                properties: VersionProperties(origin: $0.origin, publishedTime: $0.publishedTime)
            )
        }
    }

    package func metadata(of package: PackageCoordinates) async throws -> MavenMetadata? {
        try await conduct.enter(TestOperations.getMetadata)
        guard let found = state.withLock({ $0.packages[Self.name(package)] }) else { return nil }
        if let metadata = found.metadata { return try metadata.get() }
        let published = found.versions.values.filter { $0.status == .published }.map(\.coordinates.version)
        return MavenMetadata.artifactLevel(
            groupID: package.namespace,
            artifactID: package.name,
            versions: published,
            lastUpdated: nil
        )
    }

    package func metadata(ofSnapshot version: VersionCoordinates) async throws -> MavenMetadata? {
        try await conduct.enter(TestOperations.getMetadata)
        guard let found = find(version), found.status.isDownloadable else { return nil }
        if let document = found.document { return try document.get() }
        return Self.document(of: version, names: found.assets.keys.map(\.value))
    }

    package func metadata(ofGroup namespace: String, in repository: String) async throws -> MavenMetadata? {
        try await conduct.enter(TestOperations.getMetadata)
        return try state.withLock { $0.groups[[ExactText(repository), ExactText(namespace)]] }?.get() ?? nil
    }

    /// The document of a snapshot that names the files given.
    package static func document(of version: VersionCoordinates, names: [String]) -> MavenMetadata? {
        MavenMetadata.snapshotLevel(
            groupID: version.package.namespace,
            artifactID: version.package.name,
            version: version.version,
            assetNames: names
        )
    }

    package func body(of asset: Asset, in version: VersionCoordinates) -> any AssetBody {
        Body(source: self, version: version, asset: asset.name)
    }

    private struct Body: AssetBody {
        let source: InMemorySource
        let version: VersionCoordinates
        let asset: String

        var origin: BodyOrigin? { BodyOrigin(TestOperations.getAsset, "\(version) \(asset)") }

        func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
            let operation = TestOperations.getAsset
            try await source.conduct.enter(operation)
            guard let found = source.find(version), ![.archived, .disposed].contains(found.status),
                let bytes = found.assets[ExactText(asset)]
            else {
                throw source.absent(operation, "\(version) \(asset)")
            }
            let fault = found.faults[ExactText(asset)]
            let half = bytes.count / 2
            try await receive(Array(bytes[..<half]))
            if fault == .endsEarly { return }
            if fault == .breaksOff {
                let message = "the connection broke off"
                throw RemoteFailure(.unavailable, operation: operation, target: "\(version) \(asset)", message: message)
            }
            try await receive(Array(bytes[half...]))
        }
    }

    // MARK: Rows

    static func name(_ package: PackageCoordinates) -> ExactText {
        ExactText("\(package.repository)\0\(package.namespace)\0\(package.name)")
    }

    private func find(_ version: VersionCoordinates) -> VersionState? {
        state.withLock { $0.packages[Self.name(version.package)]?.versions[ExactText(version.version)] }
    }

    private func page<Row: Sendable>(
        _ rows: [(name: ExactText, row: Row)],
        _ token: PageToken?,
        _ operation: ServiceOperation
    ) -> Page<Row> {
        let page = order.page(rows, after: token, size: pageSize)
        return Page(page.elements, next: conduct.next(page.next, of: operation))
    }

    private func absent(_ operation: ServiceOperation, _ target: String) -> RemoteFailure {
        RemoteFailure(.absent, operation: operation, target: target, message: "not found")
    }

    private static func listing(_ name: String, _ bytes: [UInt8], _ fault: AssetFault?) -> Asset {
        func hash(_ algorithm: DigestAlgorithm) -> String { Hexadecimal.encode(Digest.of(bytes, algorithm)) }
        var checksums = Checksums(md5: hash(.md5), sha1: hash(.sha1), sha256: hash(.sha256), sha512: hash(.sha512))
        switch fault {
        case .wrongHash:
            checksums.sha256 = String(repeating: "0", count: 64)
            checksums.md5 = String(repeating: "0", count: 32)
        case .noHash: checksums.sha256 = nil
        case .endsEarly, .breaksOff, nil: break
        }
        return Asset(name: name, size: Int64(bytes.count), checksums: checksums)
    }
}
