package import ReconcileCore

/// A source as one writer sees it that has a mishap.
package struct MishapSource: PackageSource {
    private let base: any PackageSource
    private let mishap: Mishap

    package init(_ base: any PackageSource, _ mishap: Mishap) {
        self.base = base
        self.mishap = mishap
    }

    package var operations: SourceOperations { base.operations }

    package func repositories(after token: PageToken?) async throws -> Page<String> {
        try await mishap.perform(TestOperations.listRepositories) { try await base.repositories(after: token) }
    }

    package func packages(in repository: String, after token: PageToken?) async throws -> Page<ListedPackage> {
        try await mishap.perform(TestOperations.listPackages) { try await base.packages(in: repository, after: token) }
    }

    package func originControls(of package: PackageCoordinates) async throws -> OriginControls? {
        try await mishap.perform(TestOperations.describePackage) { try await base.originControls(of: package) }
    }

    package func versions(of package: PackageCoordinates, after token: PageToken?) async throws -> Page<ListedVersion> {
        try await mishap.perform(TestOperations.listVersions) { try await base.versions(of: package, after: token) }
    }

    package func assets(of version: VersionCoordinates, after token: PageToken?) async throws -> AssetPage {
        try await mishap.perform(TestOperations.listAssets) { try await base.assets(of: version, after: token) }
    }

    package func describe(_ version: VersionCoordinates) async throws -> VersionDescription? {
        try await mishap.perform(TestOperations.describeVersion) { try await base.describe(version) }
    }

    package func metadata(of package: PackageCoordinates) async throws -> MavenMetadata? {
        try await mishap.perform(TestOperations.getMetadata) { try await base.metadata(of: package) }
    }

    package func metadata(ofSnapshot version: VersionCoordinates) async throws -> MavenMetadata? {
        try await mishap.perform(TestOperations.getMetadata) { try await base.metadata(ofSnapshot: version) }
    }

    package func metadata(ofGroup namespace: String, in repository: String) async throws -> MavenMetadata? {
        try await mishap.perform(TestOperations.getMetadata) {
            try await base.metadata(ofGroup: namespace, in: repository)
        }
    }

    package func body(of asset: Asset, in version: VersionCoordinates) -> any AssetBody {
        MishapBody(base: base.body(of: asset, in: version), operation: TestOperations.getAsset, mishap: mishap)
    }
}

/// A body whose reading may meet a mishap.
private struct MishapBody: AssetBody {
    let base: any AssetBody
    let operation: ServiceOperation
    let mishap: Mishap

    func read(_ receive: (_ piece: [UInt8]) async throws -> Void) async throws {
        try await mishap.perform(operation, isBody: true) { fate in
            var bytes: [UInt8] = []
            try await base.read { bytes += $0 }
            switch fate {
            case .corruptBody: try await receive(bytes.map { ~$0 })
            case .cutBody: try await receive(Array(bytes.prefix(bytes.count / 2)))
            case .brokenBody:
                try await receive(Array(bytes.prefix(bytes.count / 2)))
                throw mishap.failure(.unavailable, operation)
            default: try await receive(bytes)
            }
        }
    }
}

/// A destination as one writer sees it that has a mishap.
package struct MishapDestination: PackageDestination {
    private let base: any PackageDestination
    private let mishap: Mishap

    package init(_ base: any PackageDestination, _ mishap: Mishap) {
        self.base = base
        self.mishap = mishap
    }

    package func publish(
        _ body: any AssetBody,
        of asset: Asset,
        in directory: String?,
        of package: PackageCoordinates
    ) async throws {
        try await mishap.perform(TestOperations.putAsset) {
            try await base.publish(body, of: asset, in: directory, of: package)
        }
    }

    package func publish(
        _ bytes: [UInt8],
        as name: String,
        in directory: String?,
        of package: PackageCoordinates
    ) async throws {
        try await mishap.perform(TestOperations.putMetadata) {
            try await base.publish(bytes, as: name, in: directory, of: package)
        }
    }

    package func publish(
        _ bytes: [UInt8],
        as name: String,
        ofGroup namespace: String,
        in repository: String
    ) async throws {
        try await mishap.perform(TestOperations.putMetadata) {
            try await base.publish(bytes, as: name, ofGroup: namespace, in: repository)
        }
    }

    package func setStatus(_ status: VersionStatus, of version: VersionCoordinates) async throws {
        try await mishap.perform(TestOperations.updateStatus) { try await base.setStatus(status, of: version) }
    }

    package func setOriginControls(_ controls: OriginControls, of package: PackageCoordinates) async throws {
        try await mishap.perform(TestOperations.putOriginControls) {
            try await base.setOriginControls(controls, of: package)
        }
    }

    package func upstreams(of repository: String) async throws -> [String] {
        try await mishap.perform(TestOperations.describeRepository) { try await base.upstreams(of: repository) }
    }
}

/// A store as one writer sees it that has a mishap.
package struct MishapStore: ObjectStore {
    private let base: any ObjectStore
    private let mishap: Mishap

    package init(_ base: any ObjectStore, _ mishap: Mishap) {
        self.base = base
        self.mishap = mishap
    }

    package var location: String { base.location }
    package var operations: StoreOperations { base.operations }
    package var keepsWrites: Bool { base.keepsWrites }

    package func keepsVersions() async throws -> Bool? {
        try await mishap.perform(TestOperations.getVersioning) { try await base.keepsVersions() }
    }

    package var listsInByteOrder: Bool { base.listsInByteOrder }

    package func list(
        prefix: ObjectKey,
        startingAfter start: ObjectKey?,
        after token: PageToken?
    ) async throws -> Page<StoredObject> {
        try await mishap.perform(TestOperations.list) {
            try await base.list(prefix: prefix, startingAfter: start, after: token)
        }
    }

    package func folders(under prefix: ObjectKey) async throws -> Page<String> {
        try await mishap.perform(TestOperations.list) { try await base.folders(under: prefix) }
    }

    package func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject? {
        try await mishap.perform(TestOperations.head) { try await base.inspect(key, versionID: versionID) }
    }

    package func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        MishapBody(
            base: base.body(at: key, versionID: versionID, range: range),
            operation: TestOperations.get,
            mishap: mishap
        )
    }

    package func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        try await mishap.perform(TestOperations.get) { try await base.read(key, limit: limit) }
    }

    package func holds(_ bytes: [UInt8], at key: ObjectKey) async throws -> Bool {
        try await mishap.perform(TestOperations.get) { try await base.holds(bytes, at: key) }
    }

    package func write(_ bytes: [UInt8], to key: ObjectKey, _ condition: WriteCondition) async throws -> WriteOutcome {
        try await mishap.perform(TestOperations.put) { try await base.write(bytes, to: key, condition) }
    }

    package func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await mishap.perform(TestOperations.put) { try await base.write(body, of: asset, to: key, condition) }
    }
}
