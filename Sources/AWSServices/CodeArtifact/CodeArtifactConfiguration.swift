package import ReconcileCore

/// The configuration of an AWS CodeArtifact domain, read and changed through the API.
package struct CodeArtifactConfiguration: ConfigurationSource, ConfigurationDestination {
    package let identity: DomainIdentity
    private let transport: SignedTransport
    private let calls: CodeArtifactCalls

    /// - Parameter transport: signs for `codeartifact` and sends to the API's endpoint.
    package init(domain: CodeArtifactDomain, transport: SignedTransport) {
        identity = DomainIdentity(name: domain.name, owner: domain.owner)
        self.transport = transport
        calls = CodeArtifactCalls(domain: domain)
    }

    package func describeDomain() async throws -> DomainDescription {
        let row = try await transport.answer(DomainAnswer.self, to: calls.describeDomain()).domain
        return DomainDescription(arn: row.arn, encryptionKey: row.encryptionKey)
    }

    package func domainPolicy() async throws -> String? {
        try await transport.answerIfAny(PolicyAnswer.self, to: calls.domainPolicy())?.document
    }

    package func describe(repository: String) async throws -> RepositoryDescription? {
        let answer = try await transport.answerIfAny(RepositoryAnswer.self, to: calls.read(repository: repository))
        return answer.map { answer in
            RepositoryDescription(
                arn: answer.repository.arn,
                description: answer.repository.description,
                upstreams: answer.repository.upstreams,
                externalConnections: answer.repository.externalConnections
            )
        }
    }

    package func policy(ofRepository name: String) async throws -> String? {
        try await transport.answerIfAny(PolicyAnswer.self, to: calls.policy(ofRepository: name))?.document
    }

    package func tags(of resource: TaggedResource) async throws -> [ResourceTag] {
        try await transport.answer(TagsAnswer.self, to: calls.tags(of: resource)).tags
            .map { ResourceTag(key: $0.key, value: $0.value) }
    }

    package func packageGroups(after token: PageToken?) async throws -> Page<ListedPackageGroup> {
        let page = try await transport.answer(PackageGroupPage.self, to: calls.packageGroups(after: token))
        let groups = page.packageGroups.map { row in
            ListedPackageGroup(
                arn: row.arn,
                pattern: row.pattern,
                contactInfo: row.contactInfo,
                description: row.description,
                modes: row.modes
            )
        }
        return Page(groups, next: PageToken(wire: page.nextToken))
    }

    package func allowedRepositories(
        ofGroup pattern: String,
        for restriction: String,
        after token: PageToken?
    ) async throws -> Page<String> {
        let call = calls.allowedRepositories(ofGroup: pattern, for: restriction, after: token)
        let page = try await transport.answer(AllowedRepositoryPage.self, to: call)
        return Page(page.allowedRepositories, next: PageToken(wire: page.nextToken))
    }

    package func perform(_ call: ConfigurationCall) async throws {
        let call = try calls.perform(call)
        guard call.operation == CodeArtifactOperations.createDomain else {
            _ = try await transport.send(call)
            return
        }
        // This is the only call that cannot specify the account.
        let arn = try await transport.answer(DomainAnswer.self, to: call).domain.arn
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 4, parts[4] == identity.owner else {
            throw call.failure(
                .invalid,
                "the domain was made in the account of the credentials, \(arn), and not in \(identity.owner): give "
                    + "credentials of that account, and delete this domain"
            )
        }
    }
}
