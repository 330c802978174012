/// Reads the configuration of a domain with concurrent requests, and notes what it was not allowed to read.
package struct ConfigurationReading: Sendable {
    package struct Found: Hashable, Sendable {
        package let configuration: DomainConfiguration
        /// The denials that left a part unknown, one for each operation.
        package let refusals: [RemoteFailure]
        /// The resources that could be described, by their name in `ConfigurationChange`.
        package var resources: [String: TaggedResource] = [:]
    }

    private let source: any ConfigurationSource
    private let width: Int
    private let stop: StopSignal

    /// - Parameter width: the number of concurrent requests.
    package init(of source: any ConfigurationSource, width: Int, stop: StopSignal) {
        (self.source, self.width, self.stop) = (source, width, stop)
    }

    /// Reads the configuration. Costs two requests for the domain and one for its tags, the same for each repository,
    /// one for each thousand package groups, one for each group's tags, and one for each list of allowed repositories.
    ///
    /// A repository or package group that has been deleted meanwhile is left out.
    ///
    /// - Throws: the first failure that is not a missing permission; `CancellationError` if stopped.
    package func read(repositories: [String]) async throws -> Found {
        // Pages of a listing may overlap.
        var names: Set<ExactText> = []
        let repositories = repositories.filter { names.insert(ExactText($0)).inserted }
        let first = try await outcomes([.domain, .domainPolicy, .groups] + repositories.map(Item.repository))
        let groups = first.compactMap(\.groups).first ?? .unknown
        var listed: [ListedPackageGroup] = []
        var patterns: Set<ExactText> = []
        if case .known(let rows) = groups { listed = rows.filter { patterns.insert(ExactText($0.pattern)).inserted } }
        let second = try await outcomes(listed.map(Item.group))
        let domain = first.compactMap(\.domain).first
        var refusals: [ServiceOperation: RemoteFailure] = [:]
        for refusal in (first + second).flatMap(\.refusals) { refusals[refusal.operation] = refusal }
        return Found(
            configuration: DomainConfiguration(
                identity: source.identity,
                encryptionKey: domain?.key ?? .unknown,
                policy: first.compactMap(\.policy).first ?? .unknown,
                tags: domain?.tags ?? .unknown,
                repositories: first.compactMap(\.repository),
                packageGroups: groups.isKnown ? .known(second.compactMap(\.group)) : .unknown
            ),
            refusals: refusals.values.sorted { "\($0.operation)" < "\($1.operation)" },
            resources: Dictionary((first + second).compactMap(\.resource)) { $1 }
        )
    }

    // MARK: Items

    private enum Item: Sendable {
        case domain
        case domainPolicy
        case groups
        case repository(String)
        case group(ListedPackageGroup)
    }

    /// The result of one item.
    private struct Outcome: Sendable {
        typealias Part = DomainConfiguration.Part

        var domain: (key: Part<String?>, tags: Part<[ResourceTag]>)?
        var policy: Part<String?>?
        var groups: Part<[ListedPackageGroup]>?
        var repository: DomainConfiguration.Repository?
        var group: DomainConfiguration.PackageGroup?
        var resource: (String, TaggedResource)?
        var refusals: [RemoteFailure] = []
    }

    private func outcomes(_ items: [Item]) async throws -> [Outcome] {
        let (outcomes, failure) = await sideBySide(items, width: width, until: stop) { item in
            var outcome = Outcome()
            try await perform(item, &outcome)
            return outcome
        }
        if let failure { throw failure }
        if outcomes.count < items.count { throw CancellationError() }
        return outcomes
    }

    private func perform(_ item: Item, _ outcome: inout Outcome) async throws {
        switch item {
        case .domain:
            let domain = try await part(&outcome) { try await source.describeDomain() }
            guard case .known(let domain) = domain else {
                outcome.domain = (.unknown, .unknown)
                return
            }
            outcome.resource = ("the domain", .domain(arn: domain.arn))
            let tags = try await part(&outcome) { try await source.tags(of: .domain(arn: domain.arn)) }
            outcome.domain = (.known(domain.encryptionKey), tags)
        case .domainPolicy:
            outcome.policy = try await part(&outcome) { try await source.domainPolicy() }
        case .groups:
            outcome.groups = try await part(&outcome) {
                try await Page.whole(of: "package groups") { try await source.packageGroups(after: $0) }
            }
        case .repository(let name):
            outcome.repository = try await unlessGone { try await repository(name, &outcome) }
        case .group(let row):
            outcome.group = try await unlessGone { try await group(row, &outcome) }
        }
    }

    /// Nil if it has been deleted since it was listed.
    private func unlessGone<Value>(_ ask: () async throws -> Value?) async throws -> Value? {
        do {
            return try await ask()
        } catch let failure as RemoteFailure where failure.kind == .absent {
            return nil
        }
    }

    private func repository(
        _ name: String,
        _ outcome: inout Outcome
    ) async throws -> DomainConfiguration.Repository? {
        let described = try await part(&outcome) { try await source.describe(repository: name) }
        if case .known(nil) = described { return nil }
        let policy = try await part(&outcome) { try await source.policy(ofRepository: name) }
        guard case .known(let row?) = described else {
            return DomainConfiguration.Repository(name: name, properties: .unknown, policy: policy, tags: .unknown)
        }
        outcome.resource = ("repository \(name)", .repository(arn: row.arn))
        let properties = DomainConfiguration.Repository.Properties(
            description: row.description,
            upstreams: row.upstreams,
            externalConnections: row.externalConnections
        )
        return DomainConfiguration.Repository(
            name: name,
            properties: .known(properties),
            policy: policy,
            tags: try await part(&outcome) { try await source.tags(of: .repository(arn: row.arn)) }
        )
    }

    private func group(
        _ row: ListedPackageGroup,
        _ outcome: inout Outcome
    ) async throws -> DomainConfiguration.PackageGroup {
        typealias Restriction = DomainConfiguration.PackageGroup.Restriction
        outcome.resource = ("package group \(row.pattern)", .packageGroup(arn: row.arn))
        var restrictions: [Restriction] = []
        for (type, mode) in row.modes.sorted(by: { $0.key < $1.key }) {
            guard mode == Restriction.byRepository else {
                restrictions.append(Restriction(type: type, mode: mode))
                continue
            }
            let names = try await part(&outcome) {
                try await Page.whole(of: row.pattern) {
                    try await source.allowedRepositories(ofGroup: row.pattern, for: type, after: $0)
                }
            }
            restrictions.append(Restriction(type: type, mode: mode, repositories: names))
        }
        return DomainConfiguration.PackageGroup(
            pattern: row.pattern,
            contactInfo: row.contactInfo,
            description: row.description,
            restrictions: restrictions,
            tags: try await part(&outcome) { try await source.tags(of: .packageGroup(arn: row.arn)) }
        )
    }

    /// The requested part, or `unknown` if access is denied.
    private func part<Value>(
        _ outcome: inout Outcome,
        _ ask: () async throws -> Value
    ) async throws -> DomainConfiguration.Part<Value> {
        do {
            return .known(try await ask())
        } catch let failure as RemoteFailure where failure.kind == .denied || failure.kind == .forbidden {
            outcome.refusals.append(failure)
            return .unknown
        }
    }
}
