import HTTPTransfer
import ReconcileCore

/// The CodeArtifact API requests that create or change a domain's configuration. Most have a body.
extension CodeArtifactCalls {
    func perform(_ call: ConfigurationCall) throws -> ServiceCall {
        switch call {
        case .createDomain(let key, let tags):
            // Takes no owner: the domain is created in the caller's account.
            try ServiceCall(
                CodeArtifactOperations.createDomain,
                on: domain.description,
                method: .post,
                path: "/v1/domain",
                query: [("domain", domain.name)]
            ).carrying(NewDomain(encryptionKey: key, tags: Tag.all(tags)))
        case .createGroup, .updateGroup, .restrict: try group(call)
        case .createRepository, .updateRepository, .connect, .disconnect: try repository(call)
        case .tag(let resource, let place, let tags):
            try tagging(Self.tagging(resource), "/v1/tag", resource, place).carrying(NewTags(tags: Tag.all(tags)))
        case .untag(let resource, let place, let keys):
            try tagging(Self.untagging(resource), "/v1/untag", resource, place).carrying(OldTags(tagKeys: keys))
        case .putRepositoryPolicy, .deleteRepositoryPolicy, .putDomainPolicy, .deleteDomainPolicy: try policy(call)
        }
    }

    private func group(_ call: ConfigurationCall) throws -> ServiceCall {
        func request(_ operation: ServiceOperation, _ method: HTTPMethod, _ path: String, _ pattern: String? = nil)
            -> ServiceCall
        {
            self.call(operation, method, path, on: call.place, query: pattern.map { [("package-group", $0)] } ?? [])
        }
        switch call {
        case .createGroup(let pattern, let contactInfo, let description, let tags):
            let group = Group(
                packageGroup: pattern,
                contactInfo: contactInfo,
                description: description,
                tags: Tag.all(tags)
            )
            return try request(CodeArtifactOperations.createGroup, .post, "/v1/package-group").carrying(group)
        case .updateGroup(let pattern, let contactInfo, let description):
            let group = Group(packageGroup: pattern, contactInfo: contactInfo, description: description, tags: nil)
            return try request(CodeArtifactOperations.updateGroup, .put, "/v1/package-group").carrying(group)
        case .restrict(let pattern, let modes, let adding, let removing):
            let change = Restrictions(
                restrictions: modes.isEmpty ? nil : modes,
                addAllowedRepositories: Allowed.all(adding),
                removeAllowedRepositories: Allowed.all(removing)
            )
            return try request(
                CodeArtifactOperations.restrictGroup,
                .put,
                "/v1/package-group-origin-configuration",
                pattern
            ).carrying(change)
        default: preconditionFailure("\(call.name) is not about a package group")
        }
    }

    private func repository(_ call: ConfigurationCall) throws -> ServiceCall {
        func request(
            _ operation: ServiceOperation,
            _ method: HTTPMethod,
            _ path: String,
            _ name: String,
            _ query: [(String, String)] = []
        ) -> ServiceCall {
            self.call(operation, method, path, on: name, query: [("repository", name)] + query)
        }
        let connections = "/v1/repository/external-connection"
        switch call {
        case .createRepository(let name, let description, let upstreams, let tags):
            let repository = Repository(
                description: description,
                upstreams: Upstream.all(upstreams),
                tags: Tag.all(tags)
            )
            return try request(CodeArtifactOperations.createRepository, .post, "/v1/repository", name)
                .carrying(repository)
        case .updateRepository(let name, let description, let upstreams):
            let repository = Repository(
                description: description,
                // An empty list removes all upstreams.
                upstreams: upstreams.map { $0.map(Upstream.init) },
                tags: nil
            )
            return try request(CodeArtifactOperations.updateRepository, .put, "/v1/repository", name)
                .carrying(repository)
        case .connect(let name, let connection):
            return request(
                CodeArtifactOperations.connect,
                .post,
                connections,
                name,
                [("external-connection", connection)]
            )
        case .disconnect(let name, let connection):
            return request(
                CodeArtifactOperations.disconnect,
                .delete,
                connections,
                name,
                [("external-connection", connection)]
            )
        default: preconditionFailure("\(call.name) is not about a repository")
        }
    }

    private func policy(_ call: ConfigurationCall) throws -> ServiceCall {
        switch call {
        case .putRepositoryPolicy(let name, let document):
            return try self.call(
                CodeArtifactOperations.putRepositoryPolicy,
                .put,
                "/v1/repository/permissions/policy",
                on: name,
                query: [("repository", name)]
            ).carrying(Policy(domain: nil, domainOwner: nil, policyDocument: document))
        case .deleteRepositoryPolicy(let name):
            return self.call(
                CodeArtifactOperations.deleteRepositoryPolicy,
                .delete,
                "/v1/repository/permissions/policies",
                on: name,
                query: [("repository", name)]
            )
        case .putDomainPolicy(let document):
            // The only request that names its domain in the body.
            return try ServiceCall(
                CodeArtifactOperations.putDomainPolicy,
                on: domain.description,
                method: .put,
                path: "/v1/domain/permissions/policy"
            ).carrying(Policy(domain: domain.name, domainOwner: domain.owner, policyDocument: document))
        case .deleteDomainPolicy:
            return self.call(
                CodeArtifactOperations.deleteDomainPolicy,
                .delete,
                "/v1/domain/permissions/policy",
                on: domain.description,
                query: []
            )
        default: preconditionFailure("\(call.name) is not about a policy")
        }
    }

    private func tagging(
        _ operation: ServiceOperation,
        _ path: String,
        _ resource: TaggedResource,
        _ place: String
    ) -> ServiceCall {
        ServiceCall(operation, on: place, method: .post, path: path, query: [("resourceArn", resource.arn)])
    }

    private static func tagging(_ resource: TaggedResource) -> ServiceOperation {
        switch resource {
        case .domain: CodeArtifactOperations.tagDomain
        case .repository: CodeArtifactOperations.tagRepository
        case .packageGroup: CodeArtifactOperations.tagGroup
        }
    }

    private static func untagging(_ resource: TaggedResource) -> ServiceOperation {
        switch resource {
        case .domain: CodeArtifactOperations.untagDomain
        case .repository: CodeArtifactOperations.untagRepository
        case .packageGroup: CodeArtifactOperations.untagGroup
        }
    }
}

extension ServiceCall {
    fileprivate func carrying(_ document: some Encodable) throws -> ServiceCall {
        var call = self
        try call.carry(document)
        return call
    }
}

// The request bodies. A nil member is left out, so that it changes nothing.

private struct NewDomain: Encodable {
    let encryptionKey: String?
    let tags: [Tag]?
}

private struct Group: Encodable {
    let packageGroup: String
    let contactInfo: String?
    let description: String?
    let tags: [Tag]?
}

private struct Restrictions: Encodable {
    let restrictions: [String: String]?
    let addAllowedRepositories: [Allowed]?
    let removeAllowedRepositories: [Allowed]?
}

private struct Allowed: Encodable {
    let repositoryName: String
    let originRestrictionType: String

    static func all(_ rows: [ConfigurationCall.AllowedRepository]) -> [Allowed]? {
        rows.isEmpty
            ? nil : rows.map { Allowed(repositoryName: $0.repository, originRestrictionType: $0.restriction) }
    }
}

private struct Repository: Encodable {
    let description: String?
    let upstreams: [Upstream]?
    let tags: [Tag]?
}

private struct Upstream: Encodable {
    let repositoryName: String

    static func all(_ names: [String]) -> [Upstream]? { names.isEmpty ? nil : names.map(Upstream.init) }
}

private struct Policy: Encodable {
    let domain: String?
    let domainOwner: String?
    let policyDocument: String
}

private struct NewTags: Encodable {
    let tags: [Tag]?
}

private struct OldTags: Encodable {
    let tagKeys: [String]
}

private struct Tag: Encodable {
    let key: String
    let value: String

    static func all(_ tags: [ResourceTag]) -> [Tag]? {
        tags.isEmpty ? nil : tags.map { Tag(key: $0.key, value: $0.value) }
    }
}
