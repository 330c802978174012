import AWSServices
import ReconcileApp
import ReconcileCore

/// Tries each of the operations that a command sends to a domain, once, on the first repository, package or version
/// found.
struct DomainTrial: Sendable {
    /// What the domain contains, as far as the first pages show.
    struct Holdings: Sendable {
        var repositories: [String] = []
        var hasMoreRepositories = false
        /// The requested repositories that the domain does not have, as far as that is known.
        var absentRepositories: [String] = []
        /// Whether the domain has any repositories.
        var hasRepositories = false
        /// The packages of the first repository that has any.
        var packages: [ListedPackage] = []
        var hasMorePackages = false
        /// The number of groups on the first page.
        var packageGroups = 0
        /// Whether an asset was downloaded.
        var readsAssets = false
    }

    let domain: OpenDomain
    let uses: Set<DomainUse>
    /// The repositories to try; empty for all.
    let repositories: [String]
    /// False if a setting gives the Maven endpoint.
    let asksForEndpoint: Bool

    /// The operations used to find something to try; the command itself may not need them.
    static let means = DomainUse.listing.operations.union(DomainUse.finding.operations)

    /// How many repositories to search for a package.
    private static let looks = 5

    func run(_ trials: inout Trials) async throws -> Holdings {
        var holdings = Holdings()
        let source = domain.source
        let page = try await trials.attempt([CodeArtifactOperations.listRepositories]) {
            try await source.repositories(after: nil)
        }
        trials.lacksDomain =
            page.map(\.elements.isEmpty) ?? (trials.failure(of: CodeArtifactOperations.listRepositories) == nil)
        guard let page else { return holdings }
        holdings.repositories = page.elements.filter { repositories.isEmpty || repositories.contains($0) }
        holdings.hasMoreRepositories = page.next != nil
        holdings.hasRepositories = !page.elements.isEmpty
        if page.next == nil { holdings.absentRepositories = repositories.filter { !page.elements.contains($0) } }
        let looks = uses.isDisjoint(with: DomainUse.ofPackages) ? 0 : Self.looks
        for repository in holdings.repositories.sorted().prefix(looks) where holdings.packages.isEmpty {
            let listed = try await trials.attempt([CodeArtifactOperations.listPackages]) {
                try await source.packages(in: repository, after: nil)
            }
            guard let listed else { break }
            holdings.packages = listed.elements
            holdings.hasMorePackages = listed.next != nil
        }
        if uses.contains(.upstreams), let repository = holdings.repositories.first {
            _ = try await trials.attempt([CodeArtifactOperations.describeRepository]) {
                try await domain.destination.upstreams(of: repository)
            }
        }
        if uses.contains(.configuration) {
            holdings.packageGroups = try await tryConfiguration(of: holdings.repositories.first, &trials)
        }
        guard let package = holdings.packages.first?.coordinates else {
            if uses.contains(.reading), let repository = holdings.repositories.first {
                // Permission is checked before the service says that the document does not exist.
                _ = try await trials.attempt(reading(MavenOperations.getMetadata)) {
                    try await source.metadata(ofGroup: "reconcile.doctor", in: repository)
                }
            }
            return holdings
        }
        if uses.contains(.controls) {
            _ = try await trials.attempt([CodeArtifactOperations.describePackage]) {
                try await source.originControls(of: package)
            }
        }
        if uses.contains(.reading) {
            _ = try await trials.attempt(reading(MavenOperations.getMetadata)) {
                try await source.metadata(of: package)
            }
        }
        holdings.readsAssets = try await tryVersion(of: package, &trials)
        return holdings
    }

    /// Reads the domain, its first package group and a repository, each with its tags.
    ///
    /// - Returns: the number of package groups on the first page.
    private func tryConfiguration(of repository: String?, _ trials: inout Trials) async throws -> Int {
        let source = domain.configuration
        let described = try await trials.attempt([CodeArtifactOperations.describeDomain]) {
            try await source.describeDomain()
        }
        _ = try await trials.attempt([CodeArtifactOperations.getDomainPolicy]) { try await source.domainPolicy() }
        if let described {
            _ = try await trials.attempt([CodeArtifactOperations.listDomainTags]) {
                try await source.tags(of: .domain(arn: described.arn))
            }
        }
        let groups = try await trials.attempt([CodeArtifactOperations.listGroups]) {
            try await source.packageGroups(after: nil)
        }
        if let group = groups?.elements.first {
            _ = try await trials.attempt([CodeArtifactOperations.listGroupTags]) {
                try await source.tags(of: .packageGroup(arn: group.arn))
            }
            _ = try await trials.attempt([CodeArtifactOperations.listAllowedRepositories]) {
                try await source.allowedRepositories(ofGroup: group.pattern, for: "PUBLISH", after: nil)
            }
        }
        let count = groups?.elements.count ?? 0
        guard let repository else { return count }
        let row = try await trials.attempt([CodeArtifactOperations.readRepository]) {
            try await source.describe(repository: repository)
        }
        _ = try await trials.attempt([CodeArtifactOperations.getRepositoryPolicy]) {
            try await source.policy(ofRepository: repository)
        }
        if let row {
            _ = try await trials.attempt([CodeArtifactOperations.listRepositoryTags]) {
                try await source.tags(of: .repository(arn: row.arn))
            }
        }
        return count
    }

    /// The operations behind a request to a Maven endpoint, in order.
    private func reading(_ last: ServiceOperation) -> [ServiceOperation] {
        (asksForEndpoint ? [CodeArtifactOperations.getEndpoint] : [])
            + [CodeArtifactOperations.getToken, last, AssetStoreOperations.get]
    }

    /// - Returns: whether an asset was downloaded.
    private func tryVersion(of package: PackageCoordinates, _ trials: inout Trials) async throws -> Bool {
        let source = domain.source
        let versions = try await trials.attempt([CodeArtifactOperations.listVersions]) {
            try await source.versions(of: package, after: nil)
        }
        guard let row = versions?.elements.first(where: { $0.status == .published }) ?? versions?.elements.first
        else { return false }
        let version = VersionCoordinates(package: package, version: row.version)
        if uses.contains(.describing) {
            _ = try await trials.attempt([CodeArtifactOperations.describeVersion]) {
                try await source.describe(version)
            }
        }
        let assets = try await trials.attempt([CodeArtifactOperations.listAssets]) {
            try await source.assets(of: version, after: nil)
        }
        guard uses.contains(.reading), let asset = assets?.assets.min(by: { $0.size < $1.size }) else { return false }
        let count = try await trials.attempt(reading(MavenOperations.getAsset)) {
            var count: Int64 = 0
            try await source.body(of: asset, in: version).read { count += Int64($0.count) }
            return count
        }
        return count == asset.size
    }
}
