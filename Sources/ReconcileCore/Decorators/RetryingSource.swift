/// A package source that retries failed requests according to its policy.
package struct RetryingSource: PackageSource {
    private let base: any PackageSource
    private let policy: RetryPolicy

    package init(_ base: any PackageSource, policy: RetryPolicy) {
        self.base = base
        self.policy = policy
    }

    package var operations: SourceOperations { base.operations }

    package func repositories(after token: PageToken?) async throws -> Page<String> {
        try await policy.run { try await base.repositories(after: token) }
    }

    package func packages(in repository: String, after token: PageToken?) async throws -> Page<ListedPackage> {
        try await policy.run { try await base.packages(in: repository, after: token) }
    }

    package func formats(in repository: String, after token: PageToken?) async throws -> Page<String> {
        try await policy.run { try await base.formats(in: repository, after: token) }
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

    package func metadata(ofSnapshot version: VersionCoordinates) async throws -> MavenMetadata? {
        try await policy.run { try await base.metadata(ofSnapshot: version) }
    }

    package func metadata(ofGroup namespace: String, in repository: String) async throws -> MavenMetadata? {
        try await policy.run { try await base.metadata(ofGroup: namespace, in: repository) }
    }

    /// Not retried here: the unit of retry is the whole copy, in `RetryingStore`'s write.
    package func body(of asset: Asset, in version: VersionCoordinates) -> any AssetBody {
        base.body(of: asset, in: version)
    }
}
