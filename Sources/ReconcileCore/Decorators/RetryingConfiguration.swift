/// A configuration source that retries failed requests according to its policy.
package struct RetryingConfiguration: ConfigurationSource {
    private let base: any ConfigurationSource
    private let policy: RetryPolicy

    package init(_ base: any ConfigurationSource, policy: RetryPolicy) {
        self.base = base
        self.policy = policy
    }

    package var identity: DomainIdentity { base.identity }

    package func describeDomain() async throws -> DomainDescription {
        try await policy.run { try await base.describeDomain() }
    }

    package func domainPolicy() async throws -> String? {
        try await policy.run { try await base.domainPolicy() }
    }

    package func describe(repository: String) async throws -> RepositoryDescription? {
        try await policy.run { try await base.describe(repository: repository) }
    }

    package func policy(ofRepository name: String) async throws -> String? {
        try await policy.run { try await base.policy(ofRepository: name) }
    }

    package func tags(of resource: TaggedResource) async throws -> [ResourceTag] {
        try await policy.run { try await base.tags(of: resource) }
    }

    package func packageGroups(after token: PageToken?) async throws -> Page<ListedPackageGroup> {
        try await policy.run { try await base.packageGroups(after: token) }
    }

    package func allowedRepositories(
        ofGroup pattern: String,
        for restriction: String,
        after token: PageToken?
    ) async throws -> Page<String> {
        try await policy.run { try await base.allowedRepositories(ofGroup: pattern, for: restriction, after: token) }
    }
}

/// A configuration destination that retries failed requests according to its policy.
package struct RetryingConfigurator: ConfigurationDestination {
    private let base: any ConfigurationDestination
    private let policy: RetryPolicy

    package init(_ base: any ConfigurationDestination, policy: RetryPolicy) {
        self.base = base
        self.policy = policy
    }

    package func perform(_ call: ConfigurationCall) async throws {
        try await policy.run { try await base.perform(call) }
    }
}
