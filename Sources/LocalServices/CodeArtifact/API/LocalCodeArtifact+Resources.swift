import Cryptography
import FoundationEssentials

/// The calls about permissions policies and tags, which work alike for all resources.
extension LocalCodeArtifact {
    /// Answers the six calls about policies. Policies are stored and returned, but not enforced.
    func policy(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        var body: RequestBodies.Policy?
        if call.operation == .putDomainPermissionsPolicy || call.operation == .putRepositoryPermissionsPolicy {
            body = try RequestBodies.decode(RequestBodies.Policy.self, from: call.body)
        }
        // Only PutDomainPermissionsPolicy names its domain in the body.
        let domain: DomainState
        if call.operation == .putDomainPermissionsPolicy {
            guard let name = body?.domain else { throw .invalid("'domain' must not be null") }
            domain = try self.domain(name, owner: body?.domainOwner)
        } else {
            domain = try self.domain(call)
        }
        let isOfDomain = [.putDomainPermissionsPolicy, .getDomainPermissionsPolicy, .deleteDomainPermissionsPolicy]
            .contains(call.operation)
        let repository = try isOfDomain ? nil : call.parameters.required("repository", .repository)
        // A deletion has the revision in the query, a new policy in the body.
        let queried = try call.parameters.optional("policy-revision", .policyRevision)
        let revision = body?.policyRevision ?? queried
        let arn =
            try repository.map { (name) throws(ServiceFailure) in
                ResponseShapes.arn(of: try domain.repository(name), in: domain)
            } ?? ResponseShapes.arn(of: domain)
        let operation = call.operation
        let document = body?.policyDocument
        let policy = try change(in: domain.name) { (domain) throws(ServiceFailure) in
            let known =
                try repository.map { (name) throws(ServiceFailure) in try domain.repository(name).policy }
                ?? domain.policy
            var policy = known
            switch operation {
            case .putDomainPermissionsPolicy, .putRepositoryPermissionsPolicy:
                try known.require(revision: revision)
                policy = try PermissionsPolicy(document: document ?? "", revision: domain.newRevision())
            case .deleteDomainPermissionsPolicy, .deleteRepositoryPermissionsPolicy:
                try known.require(revision: revision)
                policy = nil
            default:
                break
            }
            if let repository {
                try domain.changeRepository(repository) { $0.policy = policy }
            } else {
                domain.policy = policy
            }
            return policy ?? known
        }
        guard let policy else {
            throw ServiceFailure(
                code: "ResourceNotFoundException",
                status: 404,
                message: "\(arn) has no permissions policy",
                resourceID: arn,
                resourceType: isOfDomain ? .domain : .repository
            )
        }
        let shape = JSON.object([
            "resourceArn": .string(arn), "revision": .string(policy.revision), "document": .string(policy.document),
        ])
        return .json(200, .object(["policy": shape]))
    }

    /// Answers ListTagsForResource, TagResource and UntagResource.
    func tags(_ call: APICall) throws(ServiceFailure) -> ServerAnswer {
        let arn = try call.parameters.required("resourceArn", .arn)
        guard let resource = TaggedResource(arn, region: configuration.region, owner: configuration.owner) else {
            throw .notFound(.domain, arn)
        }
        var added: [RequestBodies.Tag] = []
        var removed: [String] = []
        if call.operation == .tagResource {
            added = try RequestBodies.decode(RequestBodies.Tags.self, from: call.body).tags
        } else if call.operation == .untagResource {
            removed = try RequestBodies.decode(RequestBodies.TagKeys.self, from: call.body).tagKeys
        }
        let (setting, dropping) = (added, removed)
        let tags = try change(in: resource.domain) { (domain) throws(ServiceFailure) in
            var tags: Tags
            switch resource.kind {
            case .domain: tags = domain.tags
            case .repository(let name): tags = try domain.repository(name).tags
            case .group(let pattern): tags = try domain.groups.group(pattern).tags
            }
            try tags.set(setting)
            tags.remove(dropping)
            let changed = tags
            switch resource.kind {
            case .domain: domain.tags = changed
            case .repository(let name): try domain.changeRepository(name) { $0.tags = changed }
            case .group(let pattern): try domain.groups.change(pattern) { $0.tags = changed }
            }
            return changed
        }
        guard call.operation == .listTagsForResource else { return .json(200, .object([])) }
        let rows = tags.sorted.map { JSON.object(["key": .string($0.key), "value": .string($0.value)]) }
        return .json(200, .object(["tags": .array(rows)]))
    }
}

/// The resource that an ARN names, if it is of a kind that can have tags.
private struct TaggedResource: Sendable {
    enum Kind: Sendable {
        case domain
        case repository(String)
        case group(PackageGroupPattern)
    }

    let domain: String
    let kind: Kind

    /// Nil if the ARN has a different account, region or service, or names another kind of resource.
    init?(_ arn: String, region: String, owner: String) {
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "arn", parts[2...4] == ["codeartifact", region, owner] else { return nil }
        let path = parts[5].split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        switch (path.first, path.count) {
        case ("domain", 2):
            kind = .domain
        case ("repository", 3):
            kind = .repository(path[2])
        case ("package-group", 3):
            guard let text = PercentEncoding.decode(path[2]), let pattern = try? PackageGroupPattern("/\(text)") else {
                return nil
            }
            kind = .group(pattern)
        default:
            return nil
        }
        domain = path[1]
    }
}
