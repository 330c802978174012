/// A package source that sends a failed request again, as its policy says.
package struct RetryingSource: PackageSource {
    private let base: any PackageSource
    private let policy: RetryPolicy

    package init(_ base: any PackageSource, policy: RetryPolicy) {
        self.base = base
        self.policy = policy
    }

    package func repositories(after token: PageToken?) async throws -> Page<String> {
        try await policy.run { try await base.repositories(after: token) }
    }

    package func packages(in repository: String, after token: PageToken?) async throws -> Page<ListedPackage> {
        try await policy.run { try await base.packages(in: repository, after: token) }
    }

    package func originControls(of package: PackageCoordinates) async throws -> OriginControls? {
        try await policy.run { try await base.originControls(of: package) }
    }

    package func versions(of package: PackageCoordinates, after token: PageToken?) async throws -> Page<ListedVersion> {
        try await policy.run { try await base.versions(of: package, after: token) }
    }

    package func assets(of version: VersionCoordinates, after token: PageToken?) async throws -> AssetPage {
        try await policy.run { try await base.assets(of: version, after: token) }
    }

    package func describe(_ version: VersionCoordinates) async throws -> VersionDescription? {
        try await policy.run { try await base.describe(version) }
    }

    package func metadata(of package: PackageCoordinates) async throws -> MavenMetadata? {
        try await policy.run { try await base.metadata(of: package) }
    }

    /// Not retried here: the unit of retry is the whole copy, `RetryingStore`'s write.
    package func body(of asset: Asset, in version: VersionCoordinates) -> any AssetBody {
        base.body(of: asset, in: version)
    }
}

/// An object store that sends a failed request again, as its policy says.
///
/// Writing an asset reads its body anew on each attempt: source and store fail and are retried as a pair. A
/// create-only write whose answer was lost may meet its own object when it is retried; that reads as
/// `alreadyExists`, and the object is inspected like any other that was there.
package struct RetryingStore: ObjectStore {
    private let base: any ObjectStore
    private let policy: RetryPolicy

    package init(_ base: any ObjectStore, policy: RetryPolicy) {
        self.base = base
        self.policy = policy
    }

    package var location: String { base.location }

    package func keepsVersions() async throws -> Bool {
        try await policy.run { try await base.keepsVersions() }
    }

    package func list(prefix: ObjectKey, after token: PageToken?) async throws -> Page<StoredObject> {
        try await policy.run { try await base.list(prefix: prefix, after: token) }
    }

    package func inspect(_ key: ObjectKey, versionID: String?) async throws -> InspectedObject? {
        try await policy.run { try await base.inspect(key, versionID: versionID) }
    }

    /// Not retried here: what was passed on of a body cannot be taken back.
    package func body(at key: ObjectKey, versionID: String?, range: Range<Int64>?) -> any AssetBody {
        base.body(at: key, versionID: versionID, range: range)
    }

    package func read(_ key: ObjectKey, limit: Int) async throws -> [UInt8]? {
        try await policy.run { try await base.read(key, limit: limit) }
    }

    package func write(
        _ bytes: [UInt8],
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await policy.run { try await base.write(bytes, to: key, condition) }
    }

    package func write(
        _ body: any AssetBody,
        of asset: Asset,
        to key: ObjectKey,
        _ condition: WriteCondition
    ) async throws -> WriteOutcome {
        try await policy.run { try await base.write(body, of: asset, to: key, condition) }
    }
}
